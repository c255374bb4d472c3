"""The logs of a node's pods, and what an agent needs of its node to read them."""

from __future__ import annotations

from components.kubernetes.spec import HostAccess

POD_LOGS = "/var/log/pods"
"""On the node, and at the same place in an agent's container, since agents tell a log's pod by its path."""


def access(state: str) -> HostAccess:
    """Reading them, and a directory `state` on the node to remember in how far."""
    return HostAccess(
        reason="reads the logs of the node's pods, which only root may, and remembers on the node how far",
        mounts={POD_LOGS: POD_LOGS},
        writable={state: state},
        root=True,
    )
