"""Tells people about an alert through one channel."""
