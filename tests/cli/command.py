"""The command under test, in this process or in another, and the files that it made."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SMALL_TEMPLATE, Checkout
from typer.testing import CliRunner, Result

from mkbackend import cli

posix = pytest.mark.skipif(os.name == "nt", reason="signals and terminals of POSIX")
EVERY = {name.removesuffix(".jinja") for name in SMALL_TEMPLATE} - {".gitlab-ci.yml"}


def new(*arguments: str) -> Result:
    """Run `mkbackend new` in this process, without installing."""
    return CliRunner().invoke(cli.app, ["new", "--no-install", *arguments])


def environment(checkout: Checkout, **more: str) -> dict[str, str]:
    """Return the environment of a process that runs the checkout."""
    return {**os.environ, "PYTHONPATH": str(checkout.root / "src"), **more}


def process(checkout: Checkout, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start the command of a checkout in a process."""
    env = environment(checkout, **options.pop("env", {}))
    command = [sys.executable, "-m", "mkbackend", *arguments]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, env=env, text=True, encoding="utf-8", **streams)


def files(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def commits(root: Path) -> list[str]:
    shown = subprocess.run(["git", "log", "--format=%s"], cwd=root, capture_output=True, text=True, check=False)
    return shown.stdout.splitlines()


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
