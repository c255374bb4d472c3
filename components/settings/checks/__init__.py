"""Checks across keys of the settings, by subject. Importing a module of this package registers its checks."""

from components.settings.checks import alerts, aws, elastic, kubernetes, logs, receivers, secrets, services, slos
from components.settings.checks.registry import run

__all__ = ["alerts", "aws", "elastic", "kubernetes", "logs", "receivers", "run", "secrets", "services", "slos"]
