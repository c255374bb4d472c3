"""Why a notification was not delivered. Lambda retries after both, then sets the event aside as dead."""


class RetryableError(RuntimeError):
    """The channel cannot take the message now."""


class PermanentError(RuntimeError):
    """The channel will not take the message until somebody mends a setting."""
