"""Turns messages of CloudWatch and Alertmanager into alerts, remembers them and says what must happen."""
