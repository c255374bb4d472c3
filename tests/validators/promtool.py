"""Prometheus's own judgement of configuration, rules and rule tests.

A lint finding or a warning fails like an error: what is rendered has no excuse for either.
"""

from pathlib import Path

from tests.validators.binaries import run

_LINT = ("--lint=all", "--lint-fatal")


def check_config(path: Path, *, syntax_only: bool = False) -> str:
    """Check a configuration file, or prometheus.yml in a folder, with its rule files; return the report.

    With `syntax_only`, files named in it (rules, credentials, certificates) need not be on this machine; then
    neither they nor the scrape intervals are checked. Raises AssertionError with promtool's output.
    """
    file = path / "prometheus.yml" if path.is_dir() else path
    return _judge("check", "config", *(["--syntax-only"] if syntax_only else []), *_LINT, file)


def check_rules(*files: Path) -> str:
    """Check rule files and return the report; raises AssertionError with promtool's output."""
    return _judge("check", "rules", *_LINT, *files)


def test_rules(*files: Path) -> str:
    """Run rule test files and return the report; raises AssertionError with promtool's output."""
    return _judge("test", "rules", *files)


# It is a helper with a verb that pytest takes for its own.
test_rules.__test__ = False  # type: ignore[attr-defined]


def backfill(openmetrics: Path, data: Path) -> None:
    """Write the samples of a file in OpenMetrics text as blocks that a Prometheus can start on."""
    # It reads the file once a block, of two hours by default.
    longest = "--max-block-duration=31d"
    run("promtool", "tsdb", "create-blocks-from", longest, "openmetrics", "--quiet", openmetrics, data, timeout=180)


def _judge(*arguments: str | Path) -> str:
    """Run promtool, which says some warnings with exit code 0."""
    report = run("promtool", *arguments)
    assert "WARNING" not in report, f"promtool warns:\n{report}"
    return report
