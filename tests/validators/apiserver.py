"""A real Kubernetes API server, without nodes or controllers: it stores and judges, and nothing runs.

Nothing is deleted in it either (a namespace's deletion waits for a controller), so each test takes its own
namespace. tests/validators/cluster.py adds what makes it a cluster.
"""

import json
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.validators.binaries import find_data, run
from tests.validators.pod_templates import namespace_of, pods_of
from tests.validators.process import HttpServer, flags, free_address, running

Manifest = Mapping[str, Any]

ENFORCE_LABEL = "pod-security.kubernetes.io/enforce"

# Deprecated fields, Pod Security and the like are said as warnings; what is rendered has no excuse for one.
_STRICT = ("--validate=strict", "--warnings-as-errors")


class ApiServer:
    """Context manager: etcd and kube-apiserver on loopback, with RBAC and Pod Security admission."""

    # It wants a controller to make each namespace's account first.
    admission_without: tuple[str, ...] = ("ServiceAccount",)

    def __init__(self) -> None:
        self._resources = ExitStack()
        self.home = Path()
        self.url = ""

    def __enter__(self) -> Self:
        with ExitStack() as resources:
            self.home = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="vigil-apiserver-")))
            self._start(resources)
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    @property
    def kubeconfig(self) -> Path:
        """The file that lets kubectl (or Pulumi) in as a cluster administrator."""
        return self.home / "kubeconfig.json"

    @property
    def authority(self) -> Path:
        """The certificate to trust: the server makes its own and the authority for it as it starts, in one file."""
        return self.home / "certificates" / "apiserver.crt"

    @property
    def service_account_key(self) -> Path:
        """The private key that signs the tokens of service accounts."""
        return self.home / "service-account.pem"

    def kubectl(self, *arguments: str | Path, stdin: str = "", timeout: float = 60) -> str:
        """Run kubectl as administrator and return its output; raises AssertionError with its error, or when it takes
        over `timeout` seconds.
        """
        cache = f"--cache-dir={self.home / 'cache'}"
        return run("kubectl", f"--kubeconfig={self.kubeconfig}", cache, *arguments, stdin=stdin, timeout=timeout)

    def apply(self, *manifests: Path | Manifest, namespace: str | None = None) -> str:
        """Apply manifests (files, or objects with namespaces first) and return kubectl's report.

        Raises AssertionError with the server's words on an unknown field, wrong value, conflict or warning.
        """
        return self._apply(manifests, namespace)

    def install_crds(self) -> None:
        """Install the definitions of Istio's and the Gateway API's objects that tools/crds/names.txt names."""
        self.kubectl("apply", "--server-side", "-f", find_data("crds"))
        self.wait_for_crds()

    def wait_for_crds(self, timeout: float = 30) -> None:
        """Wait until objects of every installed definition are taken; raises AssertionError after `timeout` seconds."""
        condition = ("--for=condition=Established", f"--timeout={timeout:.0f}s")
        self.kubectl("wait", *condition, "customresourcedefinitions", "--all", timeout=timeout + 10)

    def assert_apply_is_stable(self, *manifests: Path | Manifest, namespace: str | None = None) -> None:
        """Apply the manifests twice; raises AssertionError naming the objects changed the second time."""
        first = self._versions(manifests, namespace)
        second = self._versions(manifests, namespace)
        changed = sorted(name for name, version in second.items() if first.get(name) != version)
        assert not changed, f"applied again unchanged, these objects still changed: {', '.join(changed)}"

    def get(self, kind: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """Return an object as the server stores it, defaults filled in; raises AssertionError without one."""
        return decoded(self.kubectl("get", kind, name, f"--namespace={namespace}", "--output=json"))

    def dry_run_pod(self, pod: Manifest, namespace: str | None = None) -> None:
        """Have the server admit a Pod without keeping it; raises AssertionError on refusal or warning."""
        self._create_dry([pod], namespace)

    def admit_pod_templates(self, manifests: Iterable[Manifest], level: str = "restricted") -> list[str]:
        """Have the server admit a Pod of each workload's template in its namespace; return the Pods' names.

        The server only warns about a workload that breaks Pod Security; its Pods are what it refuses. Every
        namespace must enforce `level`, else the proof would be empty. Raises AssertionError with the server's
        refusals and warnings.
        """
        pods = pods_of(manifests)
        for namespace in sorted({namespace_of(pod) for pod in pods}):
            self._assert_enforced(namespace, level)
        if pods:
            self._create_dry(pods, None)
        return [pod["metadata"]["name"] for pod in pods]

    def _assert_enforced(self, namespace: str, level: str) -> None:
        labels = self.get("namespace", namespace)["metadata"].get("labels", {})
        enforced = labels.get(ENFORCE_LABEL)
        assert enforced == level, f"namespace {namespace} has {ENFORCE_LABEL}={enforced}, expected {level}"

    def _create_dry(self, pods: Iterable[Manifest], namespace: str | None) -> None:
        options = ("--dry-run=server", *_STRICT, *_within(namespace))
        self.kubectl("create", *options, "-f", "-", stdin=_documents(pods))

    def _apply(self, manifests: Iterable[Path | Manifest], namespace: str | None, *output: str) -> str:
        options = ("--server-side", "--force-conflicts=false", *_STRICT, *_within(namespace), *output)
        return self.kubectl("apply", *options, "-f", "-", stdin=_documents(manifests))

    def _versions(self, manifests: Iterable[Path | Manifest], namespace: str | None) -> dict[str, str]:
        """Apply, and return the resource version of each object by its name."""
        answer = decoded(self._apply(manifests, namespace, "--output=json"))
        items = answer["items"] if answer["kind"] == "List" else [answer]
        return {title(item): self._version_of(item) for item in items}

    def _version_of(self, item: Manifest) -> str:
        """Return what differs when the object has changed."""
        return str(item["metadata"]["resourceVersion"])

    def _start(self, resources: ExitStack) -> None:
        etcd_url = self._start_etcd(resources)
        self._start_api_server(resources, etcd_url)

    def _start_etcd(self, resources: ExitStack) -> str:
        """Start etcd and return its client URL."""
        client, peer = HttpServer(free_address()), HttpServer(free_address())
        settings = {
            "data-dir": self.home / "etcd",
            "listen-client-urls": client.url,
            "advertise-client-urls": client.url,
            "listen-peer-urls": peer.url,
            "initial-advertise-peer-urls": peer.url,
            "initial-cluster": f"default={peer.url}",
        }
        # Nothing here must survive a power cut, and waiting for the disk is most of what etcd does.
        arguments = [*flags(settings), "--unsafe-no-fsync"]
        server = running("etcd", arguments, home=self.home, ready=lambda: client.answers("/readyz"))
        resources.enter_context(server)
        return client.url

    def _start_api_server(self, resources: ExitStack, etcd_url: str) -> None:
        host, port = free_address().split(":")
        token = secrets.token_hex(16)
        self.url = f"https://{host}:{port}"
        key, tokens = self.service_account_key, self.home / "tokens.csv"
        key.write_bytes(_private_key())
        tokens.write_text(f'{token},admin,admin,"system:masters"\n')
        self._write_kubeconfig(token)
        settings = {
            "etcd-servers": etcd_url,
            "bind-address": host,
            "secure-port": port,
            "cert-dir": self.home / "certificates",
            "authorization-mode": "RBAC",
            "token-auth-file": tokens,
            "disable-admission-plugins": ",".join(self.admission_without),
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": key,
            "service-account-signing-key-file": key,
            "service-cluster-ip-range": "10.0.0.0/16",
            # Which namespace may hold privileged Pods is for Pod Security to say, not for the whole server.
            "allow-privileged": "true",
            # There is one server, and an address on loopback would be refused as an endpoint.
            "endpoint-reconciler-type": "none",
        }
        server = running("kube-apiserver", flags(settings), home=self.home, ready=self._is_ready, patience=60)
        resources.enter_context(server)

    def _write_kubeconfig(self, token: str) -> None:
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "vigil", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [{"name": "vigil", "context": {"cluster": "vigil", "user": "admin"}}],
            "current-context": "vigil",
        }
        self.kubeconfig.write_text(json.dumps(config))

    def _is_ready(self) -> bool:
        try:
            return self.kubectl("get", "--raw=/readyz", "--request-timeout=2s") == "ok"
        except AssertionError:
            return False


def _private_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _documents(manifests: Iterable[Path | Manifest]) -> str:
    """Return the manifests as one YAML stream, namespaces before what lies in them; JSON is YAML too."""
    ordered = sorted(manifests, key=lambda it: isinstance(it, Path) or it.get("kind") != "Namespace")
    return "\n---\n".join(it.read_text() if isinstance(it, Path) else json.dumps(it) for it in ordered)


def _within(namespace: str | None) -> list[str]:
    return [f"--namespace={namespace}"] if namespace else []


def title(item: Manifest) -> str:
    return f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def decoded(text: str) -> dict[str, Any]:
    answer = json.loads(text)
    assert isinstance(answer, dict), f"expected an object, got {text[:200]}"
    return answer
