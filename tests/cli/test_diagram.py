"""Tests of `diagram`: the project's script runs with the project's Python, in the project."""

import json
import sys
from pathlib import Path

import pytest
from documents import require
from typer.testing import CliRunner, Result

from cli.command import posix
from mkbackend import cli
from mkbackend.project.paths import python_of

SCRIPT = """
import pathlib, sys
print("drawn by", sys.executable)
pathlib.Path("drawn").touch()
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a project that is not installed; its script draws nothing."""
    root = tmp_path / "shop"
    (root / "scripts").mkdir(parents=True)
    (root / ".copier-answers.yml").write_text("_src_path: somewhere\n_commit: v1\n")
    (root / "scripts" / "diagram.py").write_text(SCRIPT)
    return root


@pytest.fixture
def installed(shop: Path) -> Path:
    """Return the project with a .venv."""
    python_of(shop).parent.mkdir(parents=True)
    python_of(shop).symlink_to(sys.executable)
    return shop


def diagram(project: Path, *words: str) -> Result:
    """Run `mkbackend diagram` elsewhere than in the project."""
    return CliRunner().invoke(cli.app, ["diagram", "--project", str(project), *words])


@posix
def test_the_project_draws_its_tables(installed: Path) -> None:
    done = diagram(installed)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"drawn by {python_of(installed)}\n"
    assert (installed / "drawn").exists()


@posix
def test_in_json_the_file_is_named(installed: Path) -> None:
    done = diagram(installed, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    require("diagram", [json.loads(done.stdout)])


@posix
def test_a_project_whose_code_fails_is_reported_with_its_last_words(installed: Path) -> None:
    (installed / "scripts" / "diagram.py").write_text("import no_such_module\n")
    done = diagram(installed)
    assert done.exit_code == 1
    assert "No module named 'no_such_module'" in done.stderr


def test_a_project_of_an_older_template_is_refused_with_the_update(shop: Path) -> None:
    (shop / "scripts" / "diagram.py").unlink()
    refused(shop, "has no scripts/diagram.py, which came with template 0.14.0.", "mkbackend update; if the file was")


def test_a_project_that_is_not_installed_is_refused_with_the_command(shop: Path) -> None:
    refused(shop, "is not installed: .venv has no Python.", "make install")
    assert not (shop / "drawn").exists()


def test_another_directory_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "so it is not a mkbackend project.", "mkbackend new creates a project.")


def refused(project: Path, message: str, fix: str) -> None:
    done = diagram(project)
    assert (done.exit_code, done.stdout) == (2, "")
    error, hint = done.stderr.strip().split("\n")
    assert message in error
    assert hint.strip().startswith(fix)
