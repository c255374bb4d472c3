"""Mistakes that `vigil preview` finds, as a person is told of them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import one_screen, stack_text, vigil
from tests.rendered import project_with


def test_mistakes_come_with_file_line_key_value_and_what_is_allowed(tmp_path: Path) -> None:
    broken = stack_text().replace("HighErrorRate: {threshold: 2%}", "HighErorRate: {threshold: 2%}")
    line = 1 + next(number for number, text in enumerate(broken.splitlines()) if "HighErorRate" in text)
    told = one_screen(vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, broken)))
    assert f"Pulumi.prod.yaml:{line}: vigil:services[5].alerts.HighErorRate: given 'HighErorRate'" in told
    assert "did you mean 'HighErrorRate'?" in told


def test_a_mistake_on_line_100_is_told_by_number_and_not_by_emoji(tmp_path: Path) -> None:
    lines = stack_text().splitlines()
    padding = ["  # a comment"] * (98 - lines.index("  vigil:services:"))
    at = lines.index("  vigil:services:")
    broken = [*lines[:at], *padding, "  vigil:platfrom_team: x", *lines[at:]]
    line = broken.index("  vigil:platfrom_team: x") + 1
    shift = ["  # a comment"] * (100 - line)
    broken = [*lines[:at], *padding, *shift, "  vigil:platfrom_team: x", *lines[at:]]
    told = one_screen(vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, "\n".join(broken))))
    assert "Pulumi.prod.yaml:100: vigil:platfrom_team" in told


def test_a_mistake_leaves_the_former_tree_as_it_was(tmp_path: Path) -> None:
    project = project_with(tmp_path, stack_text())
    assert vigil("preview", "--stack", "prod", cwd=project).returncode == 0
    before = (project / "build/prod/plan.json").read_bytes()
    (project / "Pulumi.prod.yaml").write_text(
        stack_text().replace("size", "sise").replace("storage_class", "storage_clas")
    )
    one_screen(vigil("preview", "--stack", "prod", cwd=project))
    assert (project / "build/prod/plan.json").read_bytes() == before
    assert [path.name for path in (project / "build").iterdir()] == ["prod"]


def test_a_malformed_stack_file_is_told_by_line(tmp_path: Path) -> None:
    told = one_screen(
        vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, "config:\n  vigil:links: {runbooks: [\n"))
    )
    assert "Pulumi.prod.yaml:3: file: given" in told
    assert "well-formed YAML" in told


def test_a_stack_that_is_not_there_is_told_with_those_that_are() -> None:
    told = one_screen(vigil("preview", "--stack", "prd"))
    assert "allowed: one of the stacks of this project: dev, prod, staging; did you mean 'prod'?" in told


def test_a_stack_file_without_a_region_is_told(tmp_path: Path) -> None:
    without = stack_text().replace("  aws:region: eu-west-1\n", "")
    assert "aws:region" in one_screen(vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, without)))


def test_a_target_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told = one_screen(vigil("preview", "--stack", "dev", "--output", str(tmp_path / "file")))
    assert "file" in told


def test_a_secret_where_none_may_be_is_told(tmp_path: Path) -> None:
    secret = stack_text() + "  vigil:platform_team: {secure: v1:abc}\n"
    told = one_screen(vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, secret)))
    assert "vigil:platform_team: given '[secret]'; allowed: no secret" in told
