"""Runs the Pulumi program in process, without an engine, and records every resource it declares."""

from cli.recorder.record import Archive, Recording, Resource, Violation
from cli.recorder.run import record

__all__ = ["Archive", "Recording", "Resource", "Violation", "record"]
