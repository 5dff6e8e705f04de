"""Tests of `status` and `doctor` of several projects."""

import json
import os
import re
from pathlib import Path

import pytest
from conftest import Checkout
from typer.testing import CliRunner, Result

from mkbackend import cli
from mkbackend.project.several import Line, report_each
from mkbackend.screen import Screen


@pytest.fixture
def projects(checkout: Checkout) -> list[str]:
    """Return two projects and a path that is none; the first is of an older version, and edited."""
    create("old")
    checkout.write({"template/NEWS.md": "New.\n"})
    checkout.release("0.2.0")
    create("fresh")
    readme = Path("old/README.md")
    readme.write_text(readme.read_text(encoding="utf-8") + "Ours.\n", encoding="utf-8")
    Path("nothing").mkdir()
    return ["old", "fresh", "nothing"]


def create(name: str) -> None:
    done = run("new", name, "--yes", "--no-install")
    assert done.exit_code == 0, done.output


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.app, list(arguments))


def test_status_of_several_is_a_line_each(projects: list[str]) -> None:
    done = run("status", *projects)
    lines = done.stdout.splitlines()
    assert lines[0] == "! old      0.1.0 to 0.2.0: behind; 1 edited"
    assert lines[1] == "✓ fresh    0.2.0: up to date"
    assert lines[2].startswith("✗ nothing  ")
    assert "is not a mkbackend project" in lines[2]
    assert len(lines) == 3
    assert done.exit_code == 2


def test_the_exit_code_is_the_highest(projects: list[str]) -> None:
    assert run("status", "fresh", "fresh").exit_code == 0
    assert run("status", "old", "fresh").exit_code == 1


def test_status_of_several_in_json_is_a_list(projects: list[str]) -> None:
    old, fresh, nothing = json.loads(run("status", *projects, "--json").stdout)
    assert (old["behind"], old["edited"], fresh["behind"]) == (True, ["README.md"], False)
    assert nothing["path"] == "nothing"
    assert set(nothing["error"]) == {"message", "hint"}


def test_doctor_of_several_names_the_first_problem_and_its_fix(projects: list[str]) -> None:
    done = run("doctor", *projects)
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert re.search(r"problem.*Fix: .*make install", lines[0])
    assert done.exit_code == 2
    reports = json.loads(run("doctor", *projects, "--json").stdout)
    assert [report.get("wrong", 0) > 0 for report in reports] == [True, True, False]


def test_one_path_is_reported_at_length(projects: list[str]) -> None:
    assert "Edited since it was generated:\n  README.md" in run("status", "old").stdout
    assert isinstance(json.loads(run("status", "old", "--json").stdout), dict)


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
@pytest.mark.parametrize("command", ["status", "doctor"])
def test_a_link_to_itself_is_a_line_too(projects: list[str], command: str) -> None:
    Path("loop").symlink_to("loop")
    reports = json.loads(run(command, "fresh", "loop", "--json").stdout)
    assert set(reports[1]["error"]) == {"message", "hint"}
    assert run(command, "loop").exit_code == 2


def test_an_error_of_the_system_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    def look(path: str) -> Line:
        if path == "bad":
            raise PermissionError(13, "Permission denied", "bad/pyproject.toml")
        return Line("ok", "fine", 0, {})

    assert report_each(["bad", "good"], look, Screen()) == 1
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["✗", "bad", "bad/pyproject.toml:", "Permission", "denied."],
        ["✓", "good", "fine"],
    ]
