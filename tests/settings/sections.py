"""Mistakes in the other sections of a stack file, receivers, secrets and maintenance among them, and what a person is told
of them."""

from __future__ import annotations

from tests.settings.changes import Change, adds, removes, sets

WINDOW = {"timezone": "Europe/Dublin", "days": ["sunday"], "start": "03:30", "end": "05:00"}

SECTIONS: dict[str, tuple[Change, list[str]]] = {
    "unknown key at the top": (
        sets("alertz", to={}),
        ["Pulumi.prod.yaml: vigil:alertz: given 'alertz'; allowed: one of: ", "did you mean 'alerts'?"],
    ),
    "unknown key inside": (
        sets("kubernetes", "sise", to="small"),
        ["vigil:kubernetes.sise: given 'sise'; allowed: one of: ", "did you mean 'size'?"],
    ),
    "misspelt severity of a receiver": (
        sets("receivers", "slack", "channels", to={"critcal": "#a", "critical": "#b"}),
        [
            "vigil:receivers.slack.channels.critcal: given 'critcal'; allowed: critical, high, medium, low, info; did you mean 'critical'?"
        ],
    ),
    "bare number for a duration": (
        sets("prometheus", "retention", to=15),
        ["vigil:prometheus.retention: given 15; allowed: a duration such as 300ms, 30s, 5m, 1h or 15d"],
    ),
    "receiver without its secret": (
        removes("pagerduty_routing_key"),
        ["vigil:pagerduty_routing_key: missing; allowed: a reference ", "since vigil:receivers.pagerduty needs it"],
    ),
    "secret that the cluster cannot read": (
        sets("pagerduty_routing_key", to={"secrets_manager": "x"}),
        [
            "vigil:pagerduty_routing_key: given 'secrets_manager only'; allowed: also {kubernetes: {secret: NAME, key: KEY}}"
        ],
    ),
    "secret in plain text": (
        sets("slack_bot_token", to="xoxb-1234-oh-no"),
        [
            "vigil:slack_bot_token: given '[hidden]'; allowed: a reference ",
            "or a Pulumi secret (`pulumi config set --secret`)",
        ],
    ),
    "overlapping maintenance windows": (
        adds("maintenance", name="cache-patching", services=["redis"], **WINDOW),
        [
            "vigil:maintenance[1]: given 'cache-patching'; allowed: times that do not overlap those of 'database-patching' for the same services (they do on sunday)"
        ],
    ),
    "overlap across time zones": (
        adds("maintenance", name="m", timezone="America/New_York", days=["saturday"], start="22:30", end="23:00"),
        ["vigil:maintenance[1]: given 'm'", "they do on sunday"],
    ),
    "window that ends before it starts": (
        adds("maintenance", name="m", **{**WINDOW, "start": "23:00", "end": "01:00"}),
        ["vigil:maintenance[1].end: given '01:00'; allowed: a time after the start, 23:00, on the same day"],
    ),
    "window of an unknown service": (
        adds("maintenance", name="m", services=["redi"], **{**WINDOW, "days": ["monday"]}),
        ["vigil:maintenance[1].services: given 'redi'", "did you mean 'redis'?"],
    ),
    "unknown time zone": (
        adds("maintenance", name="m", **{**WINDOW, "timezone": "Europe/Dubln"}),
        ["vigil:maintenance[1].timezone: given 'Europe/Dubln'; allowed: a name from the time zone database"],
    ),
    "production that pages nobody": (
        sets("receivers", to={"slack": {"channels": {"medium": "#m"}}}),
        [
            "vigil:receivers: given 'no receiver for critical'; allowed: at least one of slack, pagerduty, email with severity critical"
        ],
    ),
    "unknown remediation": (
        sets("remediation", "actions", to={"scale_out_servise": {"mode": "off"}}),
        ["vigil:remediation.actions.scale_out_servise: given", "did you mean 'scale_out_service'?"],
    ),
    "remediation limit outside its range": (
        sets("remediation", "actions", "scale_out_service", "limits", to={"max_capacity": 0}),
        [
            "vigil:remediation.actions.scale_out_service.limits.max_capacity: given 0; allowed: a whole number such as 10, at least 1"
        ],
    ),
    "mode that is not there": (
        sets("remediation", "mode", to="auto"),
        ["vigil:remediation.mode: given 'auto'; allowed: off, dry_run, automatic; did you mean 'automatic'?"],
    ),
    "log retention that CloudWatch does not know": (
        sets("aws", "log_retention", to="10d"),
        ["vigil:aws.log_retention: given '10d'; allowed: days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30"],
    ),
    "no account": (
        removes("aws", "account_id"),
        ["vigil:aws.account_id: missing; allowed: the 12 digits of the only account this stack may touch"],
    ),
    "critical alarms that reach PagerDuty alone": (
        sets("receivers", to={"pagerduty": {"severities": ["critical"]}}),
        ["vigil:receivers: given 'only pagerduty for critical'; allowed: also slack or email"],
    ),
    "an ARN where a secret's name belongs": (
        sets(
            "slack_bot_token", to={"secrets_manager": "arn:aws:secretsmanager:eu-west-1:333333333333:secret:x-AbCdEf"}
        ),
        ["vigil:slack_bot_token"],
    ),
    "maintenance of no service": (
        adds("maintenance", name="m", services=[], **{**WINDOW, "days": ["monday"]}),
        ["vigil:maintenance[1].services"],
    ),
    "unknown environment": (
        sets("environment", to="production"),
        ["vigil:environment: given 'production'; allowed: dev, staging, prod; did you mean 'prod'?"],
    ),
    "section that is no mapping": (
        sets("kubernetes", to="yes please"),
        ["vigil:kubernetes: given 'yes please'; allowed: a valid dictionary"],
    ),
}
