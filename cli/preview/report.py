"""What `vigil preview` prints."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from alert_rules.compilers.common import CompiledAlert
from alert_rules.logql import selector_matchers
from alert_rules.model import Severity
from alert_rules.problems import did_you_mean, nearest
from cli.preview.objectives import Promises
from cli.recorder import Recording
from components import routing
from components.kubernetes.footprint import Footprint
from components.settings import capacity
from components.settings.checks.services import OWN_NAMES
from components.settings.model import Settings

PIPED_WIDTH = 170
"""Columns; the widest alert line of the committed stacks fits without breaking a word."""

NAMES_SHOWN = 6
"""Scopes that a line of the alert table names; plan.json has all of them."""

_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


@dataclass(frozen=True)
class Requests:
    """What the stack asks of its cluster once, and of every node."""

    cluster: Footprint
    node: Footprint

    @property
    def plain(self) -> dict[str, Any]:
        """Cores, bytes of memory and of disk, for programs."""
        return {name: asdict(getattr(self, name)) for name in ("cluster", "node")}


def alert_lines(settings: Settings, alerts: Iterable[CompiledAlert]) -> list[dict[str, Any]]:
    """Every alert with its route, most urgent first."""
    order = list(Severity)
    return [
        {
            "alert": alert.name,
            "severity": str(alert.severity),
            "source": alert.source,
            "scope": alert.scope,
            "condition": alert.condition,
            "notified": list(routing.notified(settings, alert)),
            "remediation": routing.done(settings, alert),
            "runbook_url": alert.runbook_url,
        }
        for alert in sorted(alerts, key=lambda a: (order.index(a.severity), a.source, a.name, a.scope))
    ]


def unheard(alerts: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Each severity at which somebody should be told of an alert and nobody is, with how many such alerts there are."""
    # predictive-maintenance-plan, its table of actions: low is written down, and nobody is told.
    told = [severity for severity in Severity if severity not in (Severity.LOW, Severity.INFO)]
    found = Counter(alert["severity"] for alert in alerts if not alert["notified"] and alert["severity"] in told)
    return {
        severity: f"{count} alert{'s' if count > 1 else ''} of severity {severity}" for severity, count in found.items()
    }


def warnings(settings: Settings, alerts: Sequence[dict[str, Any]]) -> list[str]:
    """What is allowed, and yet seldom meant."""
    found = [f"{words}: nobody is notified (vigil:receivers has no one for it)" for words in unheard(alerts).values()]
    if settings.kubernetes.enabled and not settings.aws.enabled and settings.heartbeat_url is None:
        found.append(
            "vigil:heartbeat_url is unset: nobody outside notices when the cluster can raise no alert any more"
        )
    email = settings.receivers.email
    unmailed = [s for s in Severity if s.urgent and (email is None or s not in email.severities)]
    if settings.aws.enabled and unmailed:
        found.append(
            f"no e-mail for severity {' and '.join(unmailed)}: CloudWatch's alarms, also those of the alert path, "
            "leave by the alert path alone"
        )
    if settings.kubernetes.enabled and settings.access.traffic_from is None:
        found.append("vigil:access names no way in: Grafana is reached by `kubectl port-forward` alone")
    if settings.kubernetes.enabled and settings.jaeger.enabled and settings.jaeger.storage == "clickhouse":
        found.append("vigil:jaeger.retention is not kept by Jaeger on ClickHouse: set a TTL on its tables")
    if settings.kubernetes.enabled:
        found += _compactor_without_room(settings)
        found += _named_and_not_declared(settings)
    for service in settings.services:
        if service.runs_on.kubernetes and not service.metrics and not service.probe:
            seen = "its logs alone are watched" if settings.loki.enabled else "no alert can see it"
            found.append(f"service {service.name} has neither metrics nor a probe: {seen}")
    return found


def _compactor_without_room(settings: Settings) -> Iterator[str]:
    size = settings.kubernetes.size
    needed = capacity.compaction_bytes(size)
    if settings.thanos.enabled and settings.thanos.volume.value * capacity.FILLED < needed:
        blocks = "the blocks of two weeks and the one that is made of them"
        taken = f"{capacity.bytes_text(needed)} ({capacity.series_meant(size)})"
        given = f"vigil:thanos.volume is {settings.thanos.volume}"
        least = capacity.least_volume(needed)
        yield f"{given}: {blocks} take {taken}, a volume of at least {least}; a compactor that runs out of room halts"


def _named_and_not_declared(settings: Settings) -> Iterator[str]:
    named = [(f"vigil:jaeger.sampling.services.{name}", name) for name in _sampled(settings)]
    named += [
        (f"vigil:loki.streams[{index}].selector", matcher.value)
        for index, stream in enumerate(settings.loki.streams if settings.loki.enabled else ())
        for matcher in chain.from_iterable(selector_matchers(stream.selector))
        if (matcher.label, matcher.operator) == ("service", "=") and matcher.value not in OWN_NAMES
    ]
    declared = [service.name for service in settings.services]
    for key, name in named:
        if name not in declared:
            yield f"{key}: no declared service is called {name}{did_you_mean(nearest(name, declared))}"


def _sampled(settings: Settings) -> Iterable[str]:
    return settings.jaeger.sampling.services if settings.jaeger.enabled else ()


def print_report(
    console: Console,
    stack: str,
    recording: Recording,
    alerts: Sequence[dict[str, Any]],
    promised: Promises,
    found: Sequence[str],
    requests: Requests,
    target: Path,
) -> None:
    """The summary, the alert table, what is promised, the totals, what the cluster is asked for, and the warnings."""
    console.print(_components(stack, recording))
    console.print(_alerts(alerts))
    for table in promised.tables():
        console.print(table)
    counts = {half: sum(1 for _ in recording.of_type(half)) for half in ("kubernetes:", "aws:", "pulumi:providers:")}
    on_kubernetes, on_aws, providers = counts.values()
    total = f"[bold]{sum(counts.values())} resources[/]"
    console.print(
        f"{total}: {on_kubernetes} on Kubernetes, {on_aws} on AWS, {providers} providers; {len(alerts)} alerts"
    )
    if requests.cluster.pods:
        console.print(f"Requests: {requests.cluster}; on every node {requests.node}", highlight=False)
    for warning in found:
        console.print(f"[yellow]warning:[/] {warning}", highlight=False)
    console.print(f"Written to {target}/ (plan.json lists every resource and alert)", highlight=False)


def _components(stack: str, recording: Recording) -> Table:
    table = Table(title=f"Stack {stack}", title_justify="left", title_style="bold")
    table.add_column("component")
    table.add_column("resources", justify="right")
    table.add_column("of which")
    for component in (r for r in recording.resources if not r.custom):
        kinds = Counter(r.type.rsplit(":", 1)[1] for r in recording.resources if r.parent == component.urn and r.custom)
        if kinds:
            names = ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(kinds.items()))
            table.add_row(
                f"{component.type.split(':', 1)[1].replace(':', ' ')} {component.name}", str(kinds.total()), names
            )
    return table


def _grouped(alerts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The alerts with all scopes together in which one means the same: a line each of the alert table."""
    rows: dict[str, dict[str, Any]] = {}
    for alert in alerts:
        meaning = {key: value for key, value in alert.items() if key != "scope"}
        rows.setdefault(str(meaning), meaning | {"scopes": []})["scopes"].append(alert["scope"])
    return list(rows.values())


def _some(names: Sequence[str]) -> str:
    """The names, or the first of them and how many more: a table of a thousand services is read by nobody."""
    shown, rest = names[:NAMES_SHOWN], len(names) - NAMES_SHOWN
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _alerts(alerts: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="Alerts", title_justify="left", title_style="bold", show_lines=False)
    table.add_column("alert", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    for column, share in (("from", 3), ("fires when", 4), ("notified", 3), ("done", 2)):
        table.add_column(column, ratio=share)
    for row in _grouped(alerts):
        severity = row["severity"]
        table.add_row(
            row["alert"],
            f"[{_STYLES[severity]}]{severity}[/]",
            f"{row['source']}: {_some(row['scopes'])}",
            row["condition"],
            "\n".join(row["notified"]) or "[yellow]nobody[/]",
            row["remediation"] or "-",
        )
    return table


def console() -> Console:
    """Where tables go: as wide as the terminal, and wide enough for the alert table where output is piped."""
    return Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
