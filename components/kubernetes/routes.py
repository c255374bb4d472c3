"""How browsers get in: a route of a Gateway, or an Ingress, for each host."""

from __future__ import annotations

from urllib.parse import urlsplit

from components.kubernetes import grafana, sign_in_proxy
from components.kubernetes.objects import Manifest, metadata
from components.settings.kubernetes import Gateway, Ingress
from components.settings.model import Settings


def routes(settings: Settings) -> list[Manifest]:
    """The ways in; none where the settings name neither a Gateway nor an ingress controller."""
    wanted = [(grafana.NAME, settings.links.grafana, grafana.PORT)]
    if settings.access.tools and settings.sign_in:
        wanted.append((sign_in_proxy.NAME, settings.access.tools, sign_in_proxy.PORT))
    namespace = settings.kubernetes.namespace
    if settings.access.gateway:
        return [_http_route(settings.access.gateway, namespace, *each) for each in wanted]
    if settings.access.ingress:
        return [_ingress(settings.access.ingress, namespace, *each) for each in wanted]
    return []


def _http_route(gateway: Gateway, namespace: str, name: str, address: str, port: int) -> Manifest:
    # Its certificate is the listener's affair.
    listener = {"sectionName": gateway.listener} if gateway.listener else {}
    parent = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "name": gateway.name,
        "namespace": gateway.namespace,
        **listener,
    }
    backend = {"group": "", "kind": "Service", "name": name, "port": port, "weight": 1}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": metadata(name, namespace),
        "spec": {
            "parentRefs": [parent],
            "hostnames": [_host(address)],
            "rules": [
                {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": [backend]},
                # Metrics are for Prometheus, which comes another way: a path that leads nowhere.
                {"matches": [{"path": {"type": "Exact", "value": "/metrics"}}]},
            ],
        },
    }


def _ingress(ingress: Ingress, namespace: str, name: str, address: str, port: int) -> Manifest:
    host = _host(address)
    certificate = {"secretName": ingress.tls_secret} if ingress.tls_secret else {}
    backend = {"service": {"name": name, "port": {"number": port}}}
    # Nobody waits for a load balancer's address: not every controller gives one, and nothing here needs it.
    unawaited = {"annotations": {"pulumi.com/skipAwait": "true"}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata(name, namespace, unawaited),
        "spec": {
            "ingressClassName": ingress.class_name,
            "tls": [{"hosts": [host], **certificate}],
            "rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
        },
    }


def _host(address: str) -> str:
    return str(urlsplit(address).hostname)
