"""Tests of AGENTS.md: what it names exists, its layers are those of the linter, and its commands run."""

import os
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main
from combinations import CHECKED, FULL, Answers, name_of

from mkbackend import cli

from .conftest import DEFAULT, ENVIRONMENT, Render, run
from .guides import GUIDES, Command, steps, type_through

PAGE = "AGENTS.md"
LONGEST = 60
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
LAYERS = re.compile(r"In `app/`: ((?:`\w+`|>|,|\s)+)\.")
# test_runs.py and test_owner.py run these in other projects.
SLOW = {"test", "contract"}
SLOW_IN_FAST = {*SLOW, "install", "lint", "test-unit"}
# It serves until it is stopped: test_runs.py starts it.
STARTED = {"dev"}
each_combination = pytest.mark.parametrize("answers", CHECKED, ids=name_of)


def read(project: Path) -> str:
    return (project / PAGE).read_text(encoding="utf-8")


def prose(project: Path) -> str:
    """Return the page without its blocks."""
    return re.sub(r"^```.*?^```$", "", read(project), flags=re.MULTILINE | re.DOTALL)


def targets(lines: list[str]) -> set[str]:
    """Return the targets of make in lines of a shell."""
    commands = [part for line in lines for part in line.split("&&")]
    words = [shlex.split(command, comments=True) for command in commands]
    return {word for first, *more in filter(None, words) if first == "make" for word in more if "=" not in word}


def lines_of(project: Path, *pages: str) -> list[str]:
    """Return the lines of the commands of pages."""
    found = [step for page in pages for step in steps(project / page) if isinstance(step, Command)]
    return [line for step in found for line in step.text.splitlines()]


@each_combination
def test_it_is_short_and_claude_md_only_points_to_it(answers: Answers, render: Render) -> None:
    project = render(**answers)
    assert len(read(project).splitlines()) <= LONGEST
    assert (project / "CLAUDE.md").read_text("utf-8") == f"@{PAGE}\n"


@each_combination
def test_its_layers_are_those_of_import_linter(answers: Answers, render: Render) -> None:
    project = render(**answers)
    config = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (layers,) = [each["layers"] for each in config["contracts"] if each["type"] == "layers"]
    shown = LAYERS.search(prose(project))
    assert shown
    levels = [re.findall(r"`(\w+)`", level) for level in shown[1].split(">")]
    assert levels == [layer.split(" | ") for layer in layers]
    for name in (name for level in levels for name in level):
        assert (project / "app" / name).is_dir() or (project / f"app/{name}.py").is_file(), name


@each_combination
def test_every_path_that_it_names_exists(answers: Answers, render: Render) -> None:
    project = render(**answers)
    named = [span for span in SPAN.findall(prose(project)) if re.fullmatch(r"[\w*.-]*[/.][\w/*.-]*", span)]
    # `mkbackend add` and `make install` write these.
    there = [span for span in named if span not in {".mkbackend/", ".env"}]
    assert {"app/kit/", "app/service/", "alembic/versions/"} <= set(there)
    assert [span for span in there if not [*project.glob(span), *project.glob(f"app/**/{span}")]] == []


@each_combination
def test_it_is_trimmed_to_the_options(answers: Answers, render: Render) -> None:
    text = read(render(**answers))
    assert ("docs/telemetry.md" in text) == (answers.get("telemetry", "yes") == "yes")
    assert ("`kubernetes/`" in text) == (answers.get("deploy", "docker") == "kubernetes")
    assert ("pipeline" in text) == (answers.get("ci", "github") != "none")


def test_a_command_in_the_text_is_in_a_block_that_a_test_runs(render: Render) -> None:
    project = render()
    spans = [span for span in SPAN.findall(prose(project)) if span.startswith(("make ", "mkbackend "))]
    assert targets(spans) - STARTED <= targets(lines_of(project, PAGE, *GUIDES))
    assert targets(spans) >= STARTED
    starts = Path(__file__).with_name("test_runs.py").read_text("utf-8")
    assert [name for name in STARTED if f"make {name}" not in starts] == []
    assert not [span for span in spans if span.startswith("mkbackend ")]


def test_every_command_that_it_shows_has_the_named_options(render: Render) -> None:
    named = {span for span in SPAN.findall(prose(render())) if span.startswith("--")}
    shown = {name for line in lines_of(render(), PAGE) for name in re.findall(r"mkbackend (\w+)", line)}
    assert shown == {"add", "change", "manual", "remove", "status", "update"}
    commands = typer.main.get_group(cli.app).commands
    for name in shown - {"manual", "status"}:
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert named <= options | {"--help"}, name


@pytest.fixture
def made(installed: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, on_one_server: None) -> Path:
    """Return a new project, installed except in the full tier; the home with its template is beside it."""
    project = scratch / "agents" / "shop"
    project.parent.mkdir()
    home = {
        "PYENV_ROOT": os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
        "HOME": str(project.parent),
    }
    for name, value in home.items():
        monkeypatch.setitem(ENVIRONMENT, name, value)
    data = [f"--data={name}={value}" for name, value in DEFAULT.items()]
    run(sys.executable, "-m", "mkbackend", "new", project, "--yes", "--no-install", *data, cwd=project.parent)
    if not FULL:
        (project / ".venv").symlink_to((installed / ".venv").resolve())
        shutil.copy(installed / ".env", project)
        # Others share the environment, which has all that pyproject.toml asks for: no target installs.
        os.utime(project / "pyproject.toml", (0, 0))
    return project


def test_its_commands_run_in_their_order(made: Path) -> None:
    """Run all but the slow ones."""
    before = {path.name for path in (made / "alembic/versions").glob("*.py")}
    type_through(PAGE, made, SLOW if FULL else SLOW_IN_FAST)
    after = {path.name for path in (made / "alembic/versions").glob("*.py")} - before
    # One for each of add, change and remove.
    assert len(after) == 3, after
    assert not [*made.glob("app/**/note*.py")]
    assert "```mermaid" in (made / "docs/diagram.md").read_text("utf-8")
    assert "/auth/login" in (made / "openapi.json").read_text("utf-8")
    run(made / ".venv/bin/python", "-m", "scripts.openapi", "--check", cwd=made)
