"""The configuration of Elasticsearch and Kibana, and how the files that hold passwords are made as a pod starts.

Elasticsearch keeps its users in files beside its settings, Logstash and Kibana want their password in theirs. So a
script that runs before each gathers its settings in a directory in memory: from its image, from a ConfigMap, and from
Secrets, which are in no environment and in no ConfigMap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.kubernetes.addresses import headless_host, pod_host, tool_url, url
from components.kubernetes.elastic_pipeline import (
    DATASET,
    ELASTICSEARCH,
    PASSWORD,
    SEARCH_PORT,
    STARTED,
    WRITER,
)
from components.settings.model import Settings

KIBANA = "kibana"
KIBANA_PORT, TRANSPORT_PORT, READINESS_PORT = 5601, 9300, 8080

ADMIN, KIBANA_USER = "vigil-admin", "vigil-kibana"
USERS: Mapping[str, tuple[str, str]] = {
    ADMIN: ("superuser", "elasticsearch_admin_password"),
    KIBANA_USER: ("kibana_system", "elasticsearch_kibana_password"),
    WRITER: (WRITER, "elasticsearch_logstash_password"),
}
"""Elasticsearch's users: the role of each and the setting of its password. Names such as `kibana` are reserved."""

FILES = "/etc/vigil/files"
"""Where a script finds what the ConfigMap holds."""

ELASTICSEARCH_SETTINGS = "/etc/elasticsearch"
LOGSTASH_SETTINGS = "/etc/logstash"
KIBANA_SETTINGS = "/etc/kibana/config"
KIBANA_SECRETS = "/etc/kibana/secrets"
CERTIFICATES = f"{ELASTICSEARCH_SETTINGS}/certs"


def is_cluster(settings: Settings) -> bool:
    """Whether Elasticsearch is several nodes."""
    return settings.elastic.replicas > 1


def elasticsearch(settings: Settings) -> dict[str, Any]:
    """elasticsearch.yml."""
    return {
        "cluster.name": "vigil",
        "node.name": "${POD_NAME}",
        "network.host": "0.0.0.0",  # noqa: S104 - the pod's addresses
        **(_cluster(settings) if is_cluster(settings) else {"discovery.type": "single-node"}),
        # Mapped files need vm.max_map_count raised on the node, which only a privileged pod could do.
        "node.store.allow_mmap": False,
        # Opens when the node has joined; everything else asks for a password.
        "readiness.port": READINESS_PORT,
        "xpack.security.enabled": True,
        "xpack.security.autoconfiguration.enabled": False,
        "xpack.security.enrollment.enabled": False,
        # As between all workloads of the stack: who may call at all is the network policies' affair.
        "xpack.security.http.ssl.enabled": False,
        "xpack.ml.enabled": False,
        # Would be fetched from outside.
        "ingest.geoip.downloader.enabled": False,
        "action.destructive_requires_name": True,
    }


def _cluster(settings: Settings) -> dict[str, Any]:
    return {
        "discovery.seed_hosts": [headless_host(settings, ELASTICSEARCH)],
        # Security with several nodes needs TLS between them. The paths must be below the settings' directory.
        "xpack.security.transport.ssl.enabled": True,
        "xpack.security.transport.ssl.verification_mode": "certificate",
        "xpack.security.transport.ssl.client_authentication": "required",
        "xpack.security.transport.ssl.key": "certs/tls.key",
        "xpack.security.transport.ssl.certificate": "certs/tls.crt",
        "xpack.security.transport.ssl.certificate_authorities": ["certs/ca.crt"],
    }


def roles() -> dict[str, Any]:
    """roles.yml: what no built-in role says. Logstash asks for version and licence, hence `monitor`."""
    return {
        WRITER: {
            "cluster": ["monitor"],
            "indices": [{"names": [f"logs-{DATASET}-*"], "privileges": ["auto_configure", "create_doc"]}],
        }
    }


# The image's own options keep 2 GiB of garbage collection's log in a directory that is lost with the pod.
JVM_OPTIONS = """-Xlog:disable
-Xlog:all=warning:stderr:utctime,level,tags
"""


def kibana(settings: Settings) -> dict[str, Any]:
    """kibana.yml, but for its secrets."""
    outside = tool_url(settings, KIBANA)
    behind_sign_in = {
        "server.basePath": base_path(settings),
        "server.rewriteBasePath": True,
        "server.publicBaseUrl": outside,
        "xpack.security.secureCookies": True,
    }
    return {
        "server.host": "0.0.0.0",  # noqa: S104 - the pod's addresses
        "server.port": KIBANA_PORT,
        **(behind_sign_in if outside else {}),
        "elasticsearch.hosts": [url(settings, ELASTICSEARCH, SEARCH_PORT)],
        "elasticsearch.username": KIBANA_USER,
        # Nothing that calls out of the cluster.
        "telemetry.enabled": False,
        "newsfeed.enabled": False,
        "map.includeElasticMapsService": False,
        "xpack.fleet.isAirGapped": True,
        "xpack.fleet.agents.enabled": False,
        "logging.root.level": "warn",
    }


def base_path(settings: Settings) -> str:
    """The path under which Kibana serves its pages and its API; empty where nobody comes from outside."""
    return f"/{KIBANA}" if settings.access.tools else ""


# What is a password, a YAML text and a text in Logstash's language at once needs no quoting in any of them.
_BEGIN = """set -eu
umask 077
LC_ALL=C

secret() {
  value=$(cat "$1")
  case $value in
    "" | [!A-Za-z0-9]* | *[!A-Za-z0-9._~-]*)
      echo "$1: letters, digits and . _ ~ - alone are taken, a letter or a digit first" >&2
      exit 1
      ;;
  esac
  printf '%s' "$value"
}
"""


def elasticsearch_script(settings: Settings, secrets: Mapping[str, str]) -> str:
    """Makes the settings of an Elasticsearch node; `secrets` is setting → file of a password. It may run again: the
    image's own files have no users, and replace those that have."""
    users = [
        f'password=$(secret {secrets[setting]})\nelasticsearch-users useradd {name} -p "$password" -r {role}\n'
        for name, (role, setting) in USERS.items()
    ]
    place = ELASTICSEARCH_SETTINGS
    return "\n".join(
        [
            _BEGIN,
            f"cp -R /usr/share/elasticsearch/config/. {place}/",
            f"mkdir -p {place}/jvm.options.d {place}/operator",
            f"cp {FILES}/elasticsearch.yml {FILES}/roles.yml {place}/",
            f"cp {FILES}/vigil.options {place}/jvm.options.d/",
            # The last node to start has the newest settings.
            f'sed "s/{STARTED}/$(date +%s)/" {FILES}/settings.json > {place}/operator/settings.json',
            "",
            *users,
            *([_first_node(settings)] if is_cluster(settings) else []),
        ]
    )


def _first_node(settings: Settings) -> str:
    """Has the first node found the cluster, where no other has joined one; a node that knows a cluster takes no notice.
    A list of nodes would let new ones found a second cluster beside the single node that the stack grew from."""
    others = " ".join(pod_host(settings, ELASTICSEARCH, replica) for replica in range(1, settings.elastic.replicas))
    first = f"{ELASTICSEARCH}-0"
    return f"""if [ "$POD_NAME" = {first} ]; then
  joined=
  for other in {others}; do
    if timeout 5 bash -c ": < /dev/tcp/$other/{READINESS_PORT}" 2> /dev/null; then
      joined=$other
    fi
  done
  if [ -z "$joined" ]; then
    echo "cluster.initial_master_nodes: [{first}]" >> {ELASTICSEARCH_SETTINGS}/elasticsearch.yml
  fi
fi
"""


def logstash_script(password: str) -> str:
    """Makes the settings of Logstash; `password` is the file that holds that of its user in Elasticsearch."""
    place = LOGSTASH_SETTINGS
    return "\n".join(
        [
            _BEGIN,
            f"cp -R /usr/share/logstash/config/. {place}/",
            f"mkdir -p {place}/pipeline",
            f"cp {FILES}/logstash.yml {FILES}/pipelines.yml {place}/",
            f"cp {FILES}/filter.conf {place}/pipeline/10-filter.conf",
            f"password=$(secret {password})",
            f"text=$(cat {FILES}/output.conf)",
            f"printf '%s\\n' \"${{text//{PASSWORD}/$password}}\" > {place}/pipeline/90-output.conf",
            "",
        ]
    )


def kibana_script(password: str, key: str) -> str:
    """Makes the part of Kibana's settings that is secret, from the files of its password and its key."""
    keys = (
        "xpack.security.encryptionKey",
        "xpack.encryptedSavedObjects.encryptionKey",
        "xpack.reporting.encryptionKey",
    )
    lines = [f'  printf \'%s: "%s"\\n\' {name} "$key"' for name in keys]
    return "\n".join(
        [
            _BEGIN,
            f"password=$(secret {password})",
            f"key=$(secret {key})",
            "{",
            '  printf \'%s: "%s"\\n\' elasticsearch.password "$password"',
            *lines,
            f"}} > {KIBANA_SECRETS}/kibana.yml",
            "",
        ]
    )
