"""Tests of the version and the help."""

import json
import re
import shlex
import subprocess
import sys

import pytest
import typer.main
from conftest import ROOT, Checkout
from typer.testing import CliRunner

from cli.command import environment
from mkbackend import __version__, cli

COMMANDS = (
    *("new", "manual", "add", "change", "remove", "apply", "model", "diagram", "eject"),
    *("update", "propose", "status", "doctor"),
)


def test_version_and_help_import_no_large_package(checkout: Checkout) -> None:
    run = "from mkbackend.cli import main; main()"
    script = f"import sys; sys.argv[1:] = {{!r}}\ntry:\n  {run}\nfinally:\n  print(*sys.modules)"
    for option in (["--version"], []):
        command = [sys.executable, "-c", script.format(option)]
        done = subprocess.run(command, env=environment(checkout), capture_output=True, text=True, check=False)
        assert "mkbackend" in done.stdout
        imported = set(done.stdout.splitlines()[-1].split())
        assert "mkbackend.cli" in imported
        assert imported.isdisjoint({"copier", "jinja2", "yaml", "prompt_toolkit"})
    assert CliRunner().invoke(cli.app, ["--version"]).stdout == f"mkbackend {__version__}\n"


def test_the_version_is_that_of_pyproject() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in pyproject


def test_the_version_in_json_has_what_a_report_of_a_fault_needs() -> None:
    for arguments in (["--version", "--json"], ["--json", "-V"]):
        shown = json.loads(CliRunner().invoke(cli.app, arguments).stdout)
        assert shown["mkbackend"] == __version__
        assert set(shown) == {"mkbackend", "python", "platform", "path"}


def test_json_without_a_command_is_bad_input() -> None:
    assert CliRunner().invoke(cli.app, ["--json"]).exit_code == 2


def test_help_groups_the_commands_by_purpose() -> None:
    groups = re.findall(r"^(\w[\w ]*):\n((?:  .*\n)+)", CliRunner().invoke(cli.app, ["--help"]).stdout, re.MULTILINE)
    commands = {title: re.findall(r"^  (\w+) ", lines, re.MULTILINE) for title, lines in groups}
    del commands["Options"]
    assert commands == {
        "Start": ["new", "manual"],
        "Grow": ["add", "change", "remove", "apply", "model", "diagram", "eject"],
        "Keep current": ["update", "propose", "status"],
        "Diagnose": ["doctor"],
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_is_a_valid_command_line(command: str) -> None:
    shown = CliRunner().invoke(cli.app, [command, "--help"]).stdout.replace("\\\n", "")
    examples = re.findall(rf"^ +mkbackend ({command}\b.*)", shown, re.MULTILINE)
    assert examples
    group = typer.main.get_group(cli.app)
    for example in examples:
        group.commands[command].make_context(command, shlex.split(example)[1:])


def test_help_names_every_option_and_shows_examples() -> None:
    shown = CliRunner().invoke(cli.app, ["new", "--help"]).stdout
    for option in ("--yes", "-y", "--data", "-d", "--answers", "--dry-run", "--no-git", "--no-install", "--json"):
        assert option in shown
    assert "--template" in shown
    assert "mkbackend new myapp --yes" in shown


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_help_of_commands_is_not_cut(columns: int) -> None:
    shown = CliRunner().invoke(cli.app, ["--help"], terminal_width=columns).stdout
    assert "..." not in shown.partition("Start:")[2]
    assert max(map(len, shown.splitlines())) <= columns


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_fits_in_40_columns(command: str) -> None:
    # In such a terminal the width is set to 38: lines in a block are not wrapped.
    shown = CliRunner().invoke(cli.app, [command, "--help"], terminal_width=38).stdout
    assert [line for line in shown.splitlines() if len(line) > 38] == []


@pytest.mark.parametrize("columns", [40, 80])
def test_help_fits_in_the_terminal(checkout: Checkout, columns: int) -> None:
    env = environment(checkout, COLUMNS=str(columns))
    command = [sys.executable, "-m", "mkbackend", "remove", "--help"]
    shown = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    assert columns - 10 < max(map(len, shown.splitlines())) <= columns
