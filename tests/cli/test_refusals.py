"""Tests of bad input and failures: the message, the fix, the exit code, and nothing written."""

import json
import os
from pathlib import Path

import pytest
from conftest import Checkout, write_command
from typer.testing import CliRunner

from cli.command import new
from mkbackend import __version__, cli
from mkbackend.errors import MkbackendError


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["full"], "full is not empty"),
        (["file"], "file is a file"),
        (["file/below"], "file is a file"),
        ([""], "PATH is empty"),
        (["--yes"], "needs a name"),
        (["class"], "'class'"),
        (["email"], "'email'"),
        (["fastapi"], "'fastapi'"),
        (["123"], "project_slug"),
        (["שלום"], "project_slug"),
        (["a" * 300], "project_name"),
        (["-d", "project_name=a/b"], "'a/b'"),
        (["-d", "project_name="], "needs a name"),
        (["x", "-d", "project_name= "], "project_name"),
        (["x", "-d", "colour=red"], "'colour'"),
        (["x", "-d", "license=GPL"], "'GPL'"),
        (["x", "-d", "license"], "'license'"),
        (["x", "-d", "python_version=2.7"], "'2.7'"),
        (["x", "--answers", "none.yml"], "none.yml"),
        (["x", "--answers", "file"], "file contains no answers"),
        (["x", "--ref", "main"], "--template"),
        (["x", "--template", "nowhere"], "nowhere"),
        (["x", "--template", "."], "No template found at"),
    ],
)
def test_bad_input_is_reported_with_a_fix_and_writes_nothing(
    checkout: Checkout, arguments: list[str], named: str
) -> None:
    Path("full").mkdir()
    Path("full/mine.txt").touch()
    Path("file").write_text("just text")
    result = new(*arguments, "--yes")
    assert result.exit_code == 2, result.output
    assert named in result.stderr
    message, hint = result.stderr.strip().split("\n")
    assert message.startswith("Error: ")
    assert hint.strip()
    assert sorted(os.listdir()) == ["file", "full"]
    assert result.stdout in ("", f"mkbackend {__version__}\n")
    error = json.loads(new(*arguments, "--json").stdout)
    assert (error["exit_code"], error["error"]["hint"]) == (2, hint.strip())


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
@pytest.mark.parametrize(
    "arguments",
    [["new", "loop", "--yes"], ["new", "loop/shop", "--yes"], ["update", "loop"], ["add", "--project", "loop"]],
)
def test_a_link_to_itself_is_reported_with_a_fix(checkout: Checkout, arguments: list[str]) -> None:
    Path("loop").symlink_to("loop")
    result = CliRunner().invoke(cli.app, arguments)
    assert (result.exit_code, os.listdir()) == (2, ["loop"])
    message, hint = result.stderr.strip().split("\n")
    assert message.startswith("Error: ")
    assert hint.strip()


def test_a_missing_git_is_reported_with_a_fix(
    checkout: Checkout, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(machine / "bin"))
    result = new("shop", "--yes")
    assert (result.exit_code, os.listdir()) == (2, [])
    assert "git is not on PATH" in result.stderr
    assert "Install git" in result.stderr


def test_a_git_that_is_too_old_is_reported(checkout: Checkout, machine: Path) -> None:
    write_command(machine / "bin" / "git", "print('git version 2.25.1')")
    result = new("shop", "--yes")
    assert (result.exit_code, os.listdir()) == (2, [])
    assert "git version 2.25.1 is too old" in result.stderr


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="/proc takes no files, not even root's")
def test_an_unwritable_parent_is_reported(checkout: Checkout) -> None:
    result = new("/proc/shop", "--yes")
    assert result.exit_code == 2
    assert "Cannot write to /proc" in result.stderr


def test_an_unknown_option_is_bad_input(checkout: Checkout) -> None:
    assert new("shop", "--colour").exit_code == 2


def test_a_failure_not_caused_by_input_is_exit_code_1(checkout: Checkout, machine: Path) -> None:
    (machine / ".local").write_text("in the way")
    result = new("shop", "--yes")
    assert (result.exit_code, os.listdir()) == (1, [])
    assert "Cannot store the template" in result.stderr


def test_an_operating_system_error_is_reported_without_a_traceback(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr("mkbackend.new.new.render", full)
    result = new("shop", "--yes")
    assert (result.exit_code, os.listdir()) == (1, [])
    assert result.stderr == "Error: somewhere: No space left on device.\n"


def test_an_error_has_an_exit_code() -> None:
    assert MkbackendError("x").exit_code == 1
