"""The one structured logger of a function. Never pass it a secret or a whole event."""

from aws_lambda_powertools.logging import Logger

logger = Logger(service="vigil")
