"""The way of a log line into Elasticsearch: Filebeat reads it, Logstash takes it apart, a data stream keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alert_rules import json_text
from components.kubernetes.addresses import address, url
from components.kubernetes.pod_logs import POD_LOGS
from components.settings.model import Settings

ELASTICSEARCH, LOGSTASH, FILEBEAT = "elasticsearch", "logstash", "filebeat"
BEATS_PORT, LOGSTASH_API_PORT, FILEBEAT_API_PORT, SEARCH_PORT = 5044, 9600, 5066, 9200

DATASET = "vigil"
POLICY = "vigil-logs"
"""Name of the lifecycle policy, and of the index template that puts it on the data stream."""

WRITER = "vigil-logstash"
"""Elasticsearch's user, and its role, that may add lines and nothing else."""

PASSWORD = "@PASSWORD@"  # noqa: S105 - stands where the password is put
STARTED = "@STARTED@"
"""Stands where the time at which the node starts is put."""

STATE = "/var/lib/vigil-filebeat"
"""On the node: how far each log was read."""

# The steps are those of the guide's logstash.conf. What is otherwise, and why:
# - `service` and `environment` go below `service`, where Elastic's own field names put them: a `service` that is text
#   is refused once there was a line in which it is an object. `replace` instead of `add_field`, which makes a list of a
#   field that is there.
# - what a line holds as JSON goes below `app`: at the root, it could overwrite any field, @timestamp among them.
# - a line is JSON or it is not; a date is looked for only where there is one, so that no tag says that it failed.
FILTER = r"""input {
  beats {
    port => 5044
  }
}

filter {
  # A copy of the whole line, which would be kept twice.
  mutate {
    remove_field => ["[event][original]"]
  }

  if [fields][service] {
    mutate {
      replace => { "[service][name]" => "%{[fields][service]}" }
    }
  }

  if [fields][environment] {
    mutate {
      replace => { "[service][environment]" => "%{[fields][environment]}" }
    }
  }

  if [message] =~ /^\{.*\}$/ {
    # JSON logs
    json {
      source => "message"
      target => "app"
      skip_on_invalid_json => true
    }
    if [app][timestamp] {
      mutate {
        copy => { "[app][timestamp]" => "timestamp" }
      }
    }
    if [app][level] {
      mutate {
        copy => { "[app][level]" => "[log][level]" }
      }
    }
  } else if [message] =~ /^\[.*\]/ {
    # HTTP logs
    grok {
      match => { "message" => "\[%{TIMESTAMP_ISO8601:timestamp}\] %{WORD:[log][level]} %{GREEDYDATA:log_message}" }
    }
  }

  # The line's own time instead of that of its reading
  if [timestamp] {
    date {
      match => [ "timestamp", "ISO8601" ]
      remove_field => [ "timestamp" ]
    }
  }
}
"""


def output(settings: Settings) -> str:
    """The last part of the pipeline, with the place of the password. A data stream instead of an index a day by name,
    which nothing would ever delete."""
    return f"""output {{
  elasticsearch {{
    hosts => ["{url(settings, ELASTICSEARCH, SEARCH_PORT)}"]
    user => "{WRITER}"
    password => "{PASSWORD}"
    data_stream => "true"
    data_stream_type => "logs"
    data_stream_dataset => "{DATASET}"
    data_stream_namespace => "{settings.environment}"
    data_stream_auto_routing => false
  }}
}}
"""


def logstash() -> dict[str, Any]:
    """logstash.yml."""
    return {
        "api.http.host": "0.0.0.0",  # noqa: S104 - the pod's addresses
        "api.http.port": LOGSTASH_API_PORT,
        "log.format": "json",
        "log.level": "warn",
        # The image's own settings would have it report to an Elasticsearch without a password.
        "xpack.monitoring.enabled": False,
    }


def pipelines(directory: str) -> list[dict[str, Any]]:
    """pipelines.yml: one pipeline, of the parts in that directory in the order of their names."""
    return [{"pipeline.id": "main", "path.config": f"{directory}/*.conf"}]


def operator_settings(settings: Settings) -> str:
    """operator/settings.json: how long lines are kept, and in which form. The node that leads takes it where its
    version is above the last; a mistake in it keeps a node from starting."""
    policies = {
        POLICY: {
            "phases": {
                "hot": {
                    "min_age": "0ms",
                    "actions": {"rollover": {"max_age": "1d", "max_primary_shard_size": "50gb"}},
                },
                # Counted from the rollover, so that no line goes before its time.
                "delete": {
                    "min_age": f"{int(settings.elastic.retention.value) // 86400}d",
                    "actions": {"delete": {}},
                },
            }
        }
    }
    state = {"ilm": policies, "index_templates": {"composable_index_templates": {POLICY: _template(settings)}}}
    content = {"metadata": {"version": STARTED, "compatibility": "8.4.0"}, "state": state}
    return json_text.pretty(content)


def _template(settings: Settings) -> dict[str, Any]:
    """The index template of the data stream. It is made of nothing that Elasticsearch brings itself, which may not be
    there yet as the file is read."""
    text = {"type": "match_only_text"}
    return {
        "index_patterns": [f"logs-{DATASET}-*"],
        "data_stream": {},
        # Above Elasticsearch's own for logs-*-*, which is of 100.
        "priority": 500,
        "template": {
            "settings": {
                "index.lifecycle.name": POLICY,
                # Lines are written to every node at once.
                "index.number_of_shards": settings.elastic.replicas,
                # One node has nowhere to keep a copy.
                "index.auto_expand_replicas": "0-1",
                "index.codec": "best_compression",
                # Lines that invent field names stop making new fields at the limit, instead of being refused.
                "index.mapping.total_fields.ignore_dynamic_beyond_limit": True,
            },
            "mappings": {
                "dynamic_templates": [
                    {
                        "text": {
                            "match_mapping_type": "string",
                            "mapping": {"type": "keyword", "ignore_above": 1024},
                        }
                    }
                ],
                "properties": {
                    "@timestamp": {"type": "date"},
                    "message": text,
                    "log_message": text,
                    # One field for whatever a program's JSON holds: two programs that give a name another type would
                    # have each other's lines refused.
                    "app": {"type": "flattened", "ignore_above": 1024},
                },
            },
        },
    }


def filebeat(settings: Settings, host_namespace: str) -> dict[str, Any]:
    """filebeat.yml: the logs of the node's pods, to Logstash."""
    namespace = settings.kubernetes.namespace
    return {
        "name": "${NODE_NAME}",
        "path.data": STATE,
        "filebeat.inputs": [
            {
                "type": "filestream",
                # By this the places are remembered: under another, every log is read again.
                "id": "pod-logs",
                "paths": [f"{POD_LOGS}/*/*/*.log"],
                # A log is known by its beginning; one that is shorter than this is not read yet.
                "file_identity.fingerprint": None,
                "prospector.scanner": {
                    "symlinks": True,
                    "fingerprint": {"enabled": True, "offset": 0, "length": 256},
                    "exclude_files": _own_logs({FILEBEAT: host_namespace, LOGSTASH: namespace}),
                },
                "ignore_older": "24h",
                "parsers": [{"container": {"stream": "all", "format": "auto"}}],
                "fields": {"environment": str(settings.environment)},
            }
        ],
        "processors": [
            {
                "dissect": {
                    "field": "log.file.path",
                    "tokenizer": f"{POD_LOGS}/%{{namespace}}_%{{pod}}_%{{?uid}}/%{{container}}/%{{?file}}",
                    "target_prefix": "kubernetes",
                    "ignore_failure": True,
                }
            },
            {
                "copy_fields": {
                    "fields": [{"from": "kubernetes.container", "to": "fields.service"}],
                    "fail_on_error": False,
                    "ignore_missing": True,
                }
            },
        ],
        "output.logstash": {
            "hosts": [address(settings, LOGSTASH, BEATS_PORT)],
            # A connection is left now and then, else a Logstash that came later would get nothing.
            "ttl": "60s",
            "pipelining": 0,
        },
        "logging": {"level": "warning", "to_stderr": True},
        # The kubelet asks by the pod's address.
        "http": {"enabled": True, "host": "0.0.0.0", "port": FILEBEAT_API_PORT},  # noqa: S104
    }


def _own_logs(workloads: dict[str, str]) -> Sequence[str]:
    # A complaint about a line would be a line itself.
    return [f"^{POD_LOGS}/{namespace}_{name}-" for name, namespace in workloads.items()]
