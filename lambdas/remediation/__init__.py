"""Remediations: one folder an action."""
