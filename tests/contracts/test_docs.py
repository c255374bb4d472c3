"""What the documents say and the tree can contradict."""

from __future__ import annotations

import re

import pytest

from alert_rules.loader import builtin
from components import manifests, versions
from components.kubernetes.footprint import of_cluster, of_node
from components.settings.capacity import LOADS
from components.settings.kubernetes import Size
from components.settings.model import Settings
from components.versions import Image
from tests.components.kubernetes.examples import every_spec, of_size
from tests.settings.examples import ROOT, parsed

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_counts_the_alerts_right() -> None:
    catalogue = builtin()
    counts = (len(catalogue.prometheus), len(catalogue.loki), len(catalogue.alarms), len(catalogue.kinds))
    said = "{} Prometheus alerts, {} log alerts and {} CloudWatch alarms of {} kinds"
    assert said.format(*counts) in README, said.format(*counts)


@pytest.mark.parametrize(
    ("size", "settings"), [("small", parsed("dev")), ("medium", parsed("prod")), ("large", of_size("large"))]
)
def test_the_readme_says_what_each_size_is_meant_for_and_takes(size: str, settings: Settings) -> None:
    workloads = list(every_spec(settings).values())
    load, whole, node = LOADS[Size(size)], of_cluster(workloads), of_node(workloads)
    for said in (
        f"{load.series:,}, {load.log_bytes / 2**30:,.0f} GiB, {load.spans:,}, {load.nodes}",
        f"{whole.pods} pods, {whole.cores:.1f} cores, {whole.memory / 2**30:.1f} GiB of memory, "
        f"{whole.disk / 2**30:,.0f} GiB of disk",
        f"{node.cores:.1f} cores, {node.memory / 2**30:.1f} GiB",
    ):
        assert said in README, said


def test_the_readme_asks_for_the_concurrency_that_is_reserved() -> None:
    reserved = sum(manifest.reserved_concurrency for manifest in manifests.builtin().values())
    assert f"leaves room for {reserved} reserved concurrent executions" in README


@pytest.mark.parametrize(
    ("image", "module"),
    [
        (versions.PROMETHEUS, "github.com/prometheus/prometheus"),
        (versions.ALERTMANAGER, "github.com/prometheus/alertmanager"),
        (versions.THANOS, "github.com/thanos-io/thanos"),
    ],
)
def test_the_validators_are_of_the_version_that_is_deployed(image: Image, module: str) -> None:
    name = module.rsplit("/", 1)[1]
    go_mod = (ROOT / "tools" / name / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v[^\s]+)", go_mod, re.MULTILINE)
    assert found is not None
    assert found[1] == module_version(image)


def module_version(image: Image) -> str:
    """The version of an image's source as a Go module: Prometheus 3.15.0 is published as v0.315.0."""
    major, minor, patch = image.version.split(".")
    return f"v0.{major}{int(minor):02d}.{patch}" if major != "0" else f"v{image.version}"


def test_relative_links_of_the_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:\s]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_every_decision_stands_in_the_index_under_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = []
    for file in sorted(folder.glob("0*.md")):
        number, _, title = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(". ")
        assert file.name.startswith(f"{int(number):04d}-"), file.name
        listed.append(f"- [{int(number):04d}]({file.name}) {title}")
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [line for line in index.splitlines() if line.startswith("- ")] == listed
