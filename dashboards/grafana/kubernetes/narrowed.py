"""What the rows of the Kubernetes board share: the namespaces it is narrowed to, and what names a container."""

from __future__ import annotations

from dashboards.queries import Narrowed

SPACES = Narrowed("namespace")
CONTAINER = "namespace, pod, container"
CONTAINER_NAME = "{{namespace}}/{{pod}} {{container}}"
