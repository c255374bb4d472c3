"""The sign-in before tools: Prometheus, Alertmanager and Jaeger, which have none of their own, and Kibana, whose own
stays; under one host by path."""

from __future__ import annotations

from typing import Any

from alert_rules import yaml12
from alert_rules.quantities import seconds_text
from components.kubernetes import alertmanager, jaeger, prometheus_address
from components.kubernetes.addresses import port_of, url
from components.kubernetes.elastic_configuration import KIBANA, KIBANA_PORT
from components.kubernetes.jaeger_configuration import UI_PORT
from components.kubernetes.network import Admit, Call, ToAnywhere, ToWorkload
from components.kubernetes.secrets import SecretFile, files_of
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import METRICS, ConfigFiles, Port, Probe, WorkloadSpec
from components.kubernetes.timeouts import ANSWER_SECONDS
from components.settings.model import Settings
from components.versions import SIGN_IN_PROXY

NAME = "oauth2-proxy"
PORT, METRICS_PORT = 4180, 44180
USER = 65532
"""The user id that oauth2-proxy's image was made for."""

_CONFIG = "/etc/oauth2-proxy"


def specs(settings: Settings) -> list[WorkloadSpec]:
    """The proxy, where tools are reached from outside."""
    return [spec(settings)] if settings.access.tools and settings.sign_in else []


def spec(settings: Settings) -> WorkloadSpec:
    """How the proxy is run. Its sessions are in the visitors' cookies, so that replicas share nothing."""
    visitors = settings.access.traffic_from
    files = {
        "oauth2-proxy.cfg": options(settings),
        "tools.yaml": yaml12.dump(configuration(settings)),
    }
    return WorkloadSpec(
        name=NAME,
        namespace=settings.kubernetes.namespace,
        kind="Deployment",
        image=SIGN_IN_PROXY,
        args=[f"--config={_CONFIG}/oauth2-proxy.cfg", f"--alpha-config={_CONFIG}/tools.yaml"],
        resources=SIZES[settings.kubernetes.size][NAME],
        ports=[Port("http", PORT), Port(METRICS, METRICS_PORT)],
        ready=Probe("http", "/ready"),
        live=Probe("http", "/ping"),
        replicas=settings.grafana.replicas,
        user=USER,
        config=[ConfigFiles(_CONFIG, files)],
        secrets=secret_files(settings),
        calls=_calls(settings),
        admits=[Admit(visitors, PORT)] if visitors else [],
    )


def secret_files(settings: Settings) -> list[SecretFile]:
    """The client's secret at the provider, and the key of the cookies."""
    return files_of(settings, ("sign_in_client_secret", "sign_in_cookie_secret"))


def _calls(settings: Settings) -> list[Call]:
    provider = settings.sign_in
    if provider is None:
        return []
    ports = {port_of(address) for address in (provider.issuer, provider.token_url, provider.userinfo_url)}
    tools = [(prometheus_address.NAME, prometheus_address.PORT), (alertmanager.NAME, alertmanager.PORT)]
    tools += [(jaeger.query(settings), UI_PORT)] if settings.jaeger.enabled else []
    tools += [(KIBANA, KIBANA_PORT)] if settings.elastic.enabled else []
    return [
        ToAnywhere(tuple(sorted(ports)), "the sign-in provider"),
        *(ToWorkload(name, port, settings.kubernetes.namespace) for name, port in tools),
    ]


def options(settings: Settings) -> str:
    """oauth2-proxy.cfg: cookies, and whose addresses may sign in."""
    provider = settings.sign_in
    if provider is None:
        raise ValueError("vigil:sign_in is not set")
    domains = ", ".join(f'"{domain}"' for domain in provider.email_domains)
    cookie = next(file.path for file in secret_files(settings) if file.name == "sign-in-cookie-secret")
    return f"""\
email_domains = [{domains}]
cookie_secret_file = "{cookie}"
cookie_name = "__Host-vigil"
cookie_secure = true
cookie_httponly = true
cookie_samesite = "lax"
cookie_expire = "12h"
cookie_refresh = "1h"
cookie_csrf_per_request = true
redirect_url = "{settings.access.tools}/oauth2/callback"
reverse_proxy = true
skip_provider_button = true
silence_ping_logging = true
# A page that fetches data while its session has ended is told so, instead of being sent to a sign-in page.
api_routes = ["/api/"]
"""


def configuration(settings: Settings) -> dict[str, Any]:
    """tools.yaml: the provider, and which path leads to which tool. Prometheus and Alertmanager do not know their
    prefix, so that everything in the cluster finds them without it; the pages of Jaeger and Kibana must."""
    provider = settings.sign_in
    if provider is None:
        raise ValueError("vigil:sign_in is not set")
    secret = next(file.path for file in secret_files(settings) if file.name == "sign-in-client-secret")
    plain = {
        prometheus_address.NAME: prometheus_address.query_url(settings),
        alertmanager.NAME: url(settings, alertmanager.NAME, alertmanager.PORT),
    }
    upstreams = [
        {"id": name, "path": f"^/{name}/(.*)$", "rewriteTarget": "/$1", "uri": address}
        for name, address in plain.items()
    ]
    whole = {
        **({jaeger.NAME: url(settings, jaeger.query(settings), UI_PORT)} if settings.jaeger.enabled else {}),
        **({KIBANA: url(settings, KIBANA, KIBANA_PORT)} if settings.elastic.enabled else {}),
    }
    for name, address in whole.items():
        upstreams.append({"id": name, "path": f"/{name}", "uri": address})
        upstreams.append({"id": f"{name}-pages", "path": f"/{name}/", "uri": address})
    for upstream in upstreams:
        upstream["timeout"] = seconds_text(ANSWER_SECONDS)
    return {
        "server": {"bindAddress": f"0.0.0.0:{PORT}"},
        "metricsServer": {"bindAddress": f"0.0.0.0:{METRICS_PORT}"},
        "upstreamConfig": {"upstreams": upstreams},
        "providers": [
            {
                "id": "sign-in",
                "provider": "oidc",
                "clientID": provider.client_id,
                "clientSecretFile": secret,
                "code_challenge_method": "S256",
                "scope": "openid email profile groups",
                **({"allowedGroups": list(provider.tool_groups)} if provider.tool_groups else {}),
                "oidcConfig": {
                    "issuerURL": provider.issuer,
                    "emailClaim": "email",
                    "groupsClaim": "groups",
                    "audienceClaims": ["aud"],
                },
            }
        ],
    }
