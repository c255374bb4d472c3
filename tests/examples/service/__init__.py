"""Tests of the example service."""
