"""The conflict of docs/updating.md, typed from the page; what it installs is that of the other tests."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from combinations import FULL
from pages import consoles

from mkbackend.template.source import find_source

from .conftest import DEFAULT, ROOT, Render, make, run
from .guides import Command, kept, steps
from .reader import Reader, shown

PAGE = ROOT / "docs" / "updating.md"
BEHIND = ("mkbackend status", "mkbackend update")
INSTALLED = {"install", "lint", "test"}
# A version, and the commit of a version
VARIES = re.compile(r"\b(\d+\.\d+\.\d+(\.post\d+)?|[0-9a-f]{7})\b")


@pytest.fixture(scope="module")
def reader(scratch: Path) -> Iterator[Reader]:
    """Yield a reader who has typed the page, without what installs; `undone` is a copy of the updated project."""
    reader = Reader(scratch / "updating")
    (reader.home / "bin").mkdir(parents=True)
    (reader.home / "bin" / "mkbackend").symlink_to(Path(sys.executable).with_name("mkbackend"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(reader.home))
        with find_source():  # kept in the home, as by any earlier run
            pass
    reader.enter(reader.home)
    for step in steps(PAGE):
        if not isinstance(step, Command):
            reader.do(step)
            continue
        lines = [kept(line, INSTALLED) for line in step.text.splitlines()]
        for line in lines:
            reader.do(Command(line), code=int(line.startswith(BEHIND)))
        reader.printed[step.text] = "".join(reader.printed[line] for line in lines)
        if "mkbackend update" in step.text:
            shutil.copytree(reader.place, reader.home / "undone")
    yield reader
    shutil.rmtree(reader.home)


def test_the_commands_print_what_the_page_shows(reader: Reader) -> None:
    lines = list(shown(PAGE))
    assert len({command for command, _ in lines}) == 2
    for command, line in lines:
        assert VARIES.sub("X", line) in VARIES.sub("X", reader.printed[command]).splitlines()


def test_the_preview_shows_what_the_update_does(reader: Reader) -> None:
    first, last = "Conflicts to resolve:", "\nNext:"
    preview, update = (reader.printed[f"mkbackend update{option}\n"] for option in (" --dry-run", ""))
    assert preview[preview.index(first) :].strip() == update[update.index(first) : update.index(last)].strip()


def test_the_resolved_project_is_todays_and_the_owners_line(reader: Reader, render: Render) -> None:
    project = reader.home / "shop"
    assert run("git", "status", "--porcelain", cwd=project) == ""
    ours, todays = ((path / "Makefile").read_text("utf-8") for path in (project, render(**DEFAULT)))
    assert ours.replace("\t! git grep FIXME -- app\n", "", 1) == todays.replace("my-app:latest", "shop:latest")


def test_the_printed_command_takes_the_update_back(reader: Reader) -> None:
    undone = reader.home / "undone"
    assert run("git", "status", "--porcelain", cwd=undone) != ""
    command = reader.printed["mkbackend update\n"].partition("Undo:\n")[2].strip()
    run("sh", "-c", command, cwd=undone)
    assert run("git", "status", "--porcelain", cwd=undone) == ""


def test_the_page_begins_with_the_same_commands() -> None:
    (first,) = consoles(PAGE)
    commands = [f"{line.partition('#')[0].strip()}\n" for line in first.splitlines()]
    assert len(commands) == 3
    typed = "".join(step.text for step in steps(PAGE) if isinstance(step, Command))
    assert "".join(commands) in typed


@pytest.mark.skipif(not FULL, reason="nox -s full")
def test_the_checks_of_the_resolved_project_pass(reader: Reader, installed: Path) -> None:
    project = reader.home / "shop"
    (project / ".venv").symlink_to((installed / ".venv").resolve())
    os.utime(project / "pyproject.toml", (0, 0))  # the environment is that of today's template: nothing is installed
    assert "git grep FIXME" in make(project, "lint")
