"""Tests of interrupted and killed runs, in a separate process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from combinations import FULL
from conftest import Checkout, write_command

from cli.command import EVERY, commits, environment, files, new, posix, process, wait_for

# pexpect forks a pytest-xdist worker, which has threads; the child only executes another program.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

KILLED_AT_THE_THIRD_RENAME = """
import os, signal
from mkbackend.__main__ import main
from mkbackend.new import move

rename, count = move._rename, 0

def killed(old, new):
    global count
    count += 1
    if count == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    rename(old, new)

move._rename = killed
main()
"""


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("moment", [0.0, 0.2, 0.6])
def test_an_interrupt_leaves_no_files(checkout: Checkout, name: str, moment: float) -> None:
    running = process(checkout, "new", "shop", "--yes", "--no-install", start_new_session=True)
    wait_for(lambda: list(Path().glob(".mkbackend-*")))
    time.sleep(moment)
    running.send_signal(signal.Signals[name])
    _, errors = running.communicate(timeout=20)
    if os.listdir():  # the run was finished, and perhaps still exiting
        assert files(Path("shop")) == {*EVERY, ".env"}
        assert "Interrupted; nothing was created" not in errors
    else:
        assert running.returncode == 130, errors
        assert "Interrupted; nothing was created" in errors


@posix
def test_a_run_under_nohup_survives_its_terminal(checkout: Checkout) -> None:
    ignore = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    running = process(checkout, "new", "shop", "--yes", "--no-install", start_new_session=True, **ignore)
    wait_for(lambda: list(Path().glob(".mkbackend-*")))
    running.send_signal(signal.SIGHUP)
    running.communicate(timeout=20)
    assert (running.returncode, files(Path("shop"))) == (0, {*EVERY, ".env"})


@posix
@pytest.mark.parametrize("moment", [0.0, 0.3, 0.5, 0.7, 0.9] if FULL else [0.0, 0.5])
@pytest.mark.parametrize("place", ["shop", "."])
def test_a_kill_leaves_nothing_or_a_complete_project(checkout: Checkout, moment: float, place: str) -> None:
    target = Path("place") / place
    Path("place").mkdir()
    # The temporary files of a killed run are removed with the test's.
    elsewhere = {"TMPDIR": os.environ["HOME"]}
    running = process(
        checkout, "new", place, "--yes", "--no-install", start_new_session=True, cwd="place", env=elsewhere
    )
    wait_for(lambda: list(Path().glob("**/.mkbackend-*")))
    time.sleep(moment)
    running.kill()
    running.communicate()
    # In an existing directory, it may be killed between two renames: the next run does the others.
    unfinished = list(Path().glob("**/.mkbackend-*/moving"))
    if files(target) and not unfinished:
        assert files(target) == {*EVERY, ".env"}
        assert len(commits(target)) == 1
        return
    os.chdir("place")
    result = new(place, "--yes")
    shown = " ".join(result.output.split())
    assert (result.exit_code, "is complete now" in shown) == ((1, True) if unfinished else (0, False))
    assert files(Path(place)) == {*EVERY, ".env"}
    assert len(commits(Path(place))) == 1
    assert not list(Path().glob("**/.mkbackend-*"))
    assert not list(Path("..").glob(".mkbackend-*"))


@posix
def test_a_project_left_between_two_renames_is_completed(checkout: Checkout) -> None:
    Path("shop").mkdir()
    killed = [sys.executable, "-c", KILLED_AT_THE_THIRD_RENAME, "new", "shop", "--yes", "--no-install"]
    done = subprocess.run(killed, env=environment(checkout, TMPDIR=os.environ["HOME"]), check=False)
    assert done.returncode == -signal.SIGKILL
    assert set() < set(os.listdir("shop")) < {name.partition("/")[0] for name in EVERY} | {".env", ".git"}
    result = new("shop", "--yes")
    shown = " ".join(result.output.split())
    assert (result.exit_code, "is complete now" in shown) == (1, True)
    assert files(Path("shop")) == {*EVERY, ".env"}
    assert len(commits(Path("shop"))) == 1
    assert os.listdir() == ["shop"]


@posix
def test_an_interrupt_during_installation_keeps_the_complete_project(checkout: Checkout, machine: Path) -> None:
    slow = "import sys, time\nif '--version' in sys.argv: print('uv 1.0')\nelif 'sync' in sys.argv: time.sleep(60)"
    write_command(machine / "bin" / "uv", slow)
    running = process(checkout, "new", "shop", "--yes", start_new_session=True)
    wait_for(Path("shop").exists)
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "is complete but not installed: make install" in errors
    assert files(Path("shop")) == {*EVERY, ".env"}
    assert os.listdir() == ["shop"]
