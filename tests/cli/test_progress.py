"""Tests of the progress of commands that take more than a second."""

import re

import pytest
from conftest import Checkout
from typer.testing import CliRunner

from cli.command import new, posix
from mkbackend import cli

# For rich this makes every output a terminal.
TERMINAL = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}


@posix
@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("new other --dry-run", "Read the template"),
        ("new other --dry-run", "Render the template"),
        ("update shop", "Read the versions of the template"),
        ("status shop", "Compare the project with its template"),
        ("doctor shop", "Check the project"),
        ("status shop shop", "shop"),
    ],
)
def test_a_terminal_shows_what_runs_and_for_how_long(checkout: Checkout, command: str, name: str) -> None:
    new("shop", "--yes")
    clock = re.compile(rf"{name}\S* \S*0:00:0\d")
    assert clock.search(CliRunner().invoke(cli.app, command.split(), env=TERMINAL).stdout)
    assert not clock.search(CliRunner().invoke(cli.app, command.split()).stdout)
