"""Where the stack's programs find each other, and where browsers find them."""

from __future__ import annotations

from components.kubernetes.objects import headless_name
from components.settings.model import Settings


def address(settings: Settings, workload: str, port: int) -> str:
    """host:port of a workload's Service."""
    return f"{workload}.{settings.kubernetes.namespace}.svc:{port}"


def url(settings: Settings, workload: str, port: int, path: str = "") -> str:
    """The base address of a workload's Service over HTTP, without a trailing slash."""
    return f"http://{address(settings, workload, port)}{path}"


def pod_host(settings: Settings, workload: str, replica: int) -> str:
    """The stable DNS name of a StatefulSet's replica."""
    return f"{workload}-{replica}.{headless_host(settings, workload)}"


def headless_host(settings: Settings, workload: str) -> str:
    """The DNS name of all pods of a workload."""
    return f"{headless_name(workload)}.{settings.kubernetes.namespace}.svc"


def port_of(address: str) -> int:
    """The port of a URL or of host:port; its scheme's where it names none. KeyError for a scheme that has none."""
    scheme, _, rest = address.rpartition("://")
    _, colon, port = rest.split("/", 1)[0].rpartition(":")
    return int(port) if colon else {"http": 80, "https": 443, "clickhouse": 9000}[scheme]


def tool_url(settings: Settings, tool: str) -> str | None:
    """Where a browser finds a tool behind the sign-in, or None where there is no way in."""
    return f"{settings.access.tools}/{tool}" if settings.access.tools else None
