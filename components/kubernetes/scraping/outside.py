"""Scrape jobs of fixed addresses, and probes through the blackbox exporter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from components.kubernetes.scraping.jobs import Job, copy, label, timeout_of, timing
from components.settings.kubernetes import ProbeTarget, ScrapeTarget
from components.settings.services import Service

PROBE_INTERVAL = 15.0
"""Seconds between two probes of a declared service."""


def target_jobs(targets: Sequence[ScrapeTarget]) -> list[Job]:
    """A job for each entry of `targets`; what is scraped is told apart by its address."""
    return [
        {
            "job_name": f"target-{target.name}",
            **timing(target.interval.value, timeout_of(target.interval, target.timeout)),
            "metrics_path": target.path,
            "scheme": target.scheme,
            "static_configs": [
                {"targets": list(target.addresses), "labels": {"service": target.name, "team": target.team}}
            ],
            "relabel_configs": [copy("service", "job"), copy("__address__", "instance")],
        }
        for target in sorted(targets, key=lambda t: t.name)
    ]


def probe_jobs(services: Sequence[Service], probes: Sequence[ProbeTarget], blackbox: str) -> list[Job]:
    """Probes of declared services and of addresses outside through the blackbox exporter at `blackbox` (host:port),
    a job for each module and interval."""
    wanted = [
        *((PROBE_INTERVAL, "http_2xx", _service_probe(service)) for service in services if service.probe),
        *((probe.interval.value, module_of(probe), _outside_probe(probe)) for probe in probes),
    ]
    wanted.sort(key=lambda probe: (probe[0], probe[1], str(probe[2]["labels"]["service"])))
    return [
        _probe_job(interval, module, [target for _, _, target in group], blackbox)
        for (interval, module), group in groupby(wanted, key=lambda probe: probe[:2])
    ]


def module_of(probe: ProbeTarget) -> str:
    """The module of the blackbox exporter that asks an address: HTTP for a URL, a TCP connection for host:port."""
    return "http_2xx" if "://" in probe.url else "tcp_connect"


def _probe_job(interval: float, module: str, targets: list[Job], blackbox: str) -> Job:
    return {
        "job_name": f"probes-{module.replace('_', '-')}-{interval:.0f}s",
        **timing(interval, min(interval, 10.0)),
        "metrics_path": "/probe",
        "params": {"module": [module]},
        "static_configs": targets,
        "relabel_configs": [
            copy("__address__", "__param_target"),
            copy("__address__", "instance"),
            label("job", "probes"),
            label("__address__", blackbox),
        ],
    }


def _service_probe(service: Service) -> Job:
    place = service.kubernetes_service
    if service.probe is None or place is None:
        raise ValueError(f"{service.name} has no probe or does not run in the cluster")
    namespace, name = place
    url = f"http://{name}.{namespace}.svc:{service.probe.port}{service.probe.path}"
    return {"targets": [url], "labels": {"service": service.name, "team": service.team}}


def _outside_probe(probe: ProbeTarget) -> Job:
    return {"targets": [probe.url], "labels": {"service": probe.name, "team": probe.team}}


def modules() -> Mapping[str, Job]:
    """The modules of the blackbox exporter that probes may name."""
    return {
        "http_2xx": {"prober": "http", "timeout": "5s", "http": {"preferred_ip_protocol": "ip4"}},
        "tcp_connect": {"prober": "tcp", "timeout": "5s", "tcp": {"preferred_ip_protocol": "ip4"}},
    }
