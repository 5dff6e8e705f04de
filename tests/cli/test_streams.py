"""Tests of the command without a terminal, or with one that cannot print everything."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Checkout

from cli.command import EVERY, files, process, wait_for

# pexpect forks a pytest-xdist worker, which has threads; the child only executes another program.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.mark.parametrize("stdin", ["closed", "pipe", "null"])
def test_without_a_terminal_it_neither_prompts_nor_hangs(checkout: Checkout, stdin: str) -> None:
    streams: dict[str, dict[str, Any]] = {
        "closed": {"stdin": None, "preexec_fn": lambda: os.close(0)},
        "pipe": {"stdin": subprocess.PIPE},
        "null": {},
    }
    if stdin == "closed" and os.name == "nt":
        pytest.skip("preexec_fn is POSIX")
    running = process(checkout, "new", "shop", "--no-install", **streams[stdin])
    wait_for(lambda: running.poll() is not None)
    assert running.returncode == 0
    assert running.stdout
    assert "\x1b" not in running.stdout.read()
    assert files(Path("shop")) == {*EVERY, ".env"}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_output_works_with_a_limited_encoding(checkout: Checkout, encoding: str) -> None:
    arguments = ("new", "shop", "--no-install", "-d", "project_name=😀 Shop")
    running = process(checkout, *arguments, env={"PYTHONIOENCODING": encoding})
    _, errors = running.communicate(timeout=30)
    assert (running.returncode, errors) == (0, "")
