"""Tests of killed and interrupted updates: the last commit is intact, and the next run says how to recover."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from combinations import FULL

from .conftest import Made, Project, environment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

KILL = "os.kill(os.getpid(), signal.SIGKILL)"
# The steps at which a run is killed after it began to write. Between them are single git commands.
MOMENTS = {
    "before the note": "dies(repository, 'begin')",
    "after the note": "dies(merge, 'pick')",
    "after the merge": "dies(merge, 'settle', skip=1)",
    "before the files beside": "dies(plan, '_copy', skip=1)",
    "before the joining migration": "dies(plan, '_join', skip=1)",
    "before the end": "dies(repository, 'end', skip=1)",
}
SCRIPT = """
import os, signal, sys
from pathlib import Path
from mkbackend import cli
from mkbackend.update import merge
from mkbackend.update import plan
from mkbackend.project import repository
from mkbackend.template import source as template
from mkbackend.update import trees
template._SHIPPED = Path({bundle!r})

def dies(module, name, skip=0):
    real = getattr(module, name)
    calls = []
    def killed(*args, **options):
        calls.append(name)
        if len(calls) > skip:
            {kill}
        return real(*args, **options)
    setattr(module, name, killed)

{moment}
sys.argv[1:] = ["update", {project!r}]
cli.main()
"""


@pytest.fixture
def busy(project: Project) -> Project:
    """Return a project whose update has conflicts, a file beside an ignored one, and a joining migration."""
    project.edit(
        {
            ".gitignore": ".env\n.venv/\n*.local\napp/added_there.py\n",
            "app/both.py": "mine = 1\n",
            "alembic/versions/mine.py": 'revision = "mine1"\ndown_revision = "aaa1"\n',
        }
    )
    project.git("mv", "app/renamed_there.py", "app/my_name.py")
    project.edit({"app/added_there.py": "mine = 1\n"})
    return project


def start(project: Project, made: Made, moment: str = "", kill: str = KILL) -> subprocess.Popen[str]:
    script = SCRIPT.format(bundle=str(made.bundle), project=str(project.root), moment=moment, kill=kill)
    return subprocess.Popen(
        [sys.executable, "-c", script],
        # The temporary files of a killed run are removed with the test's.
        env=environment() | {"TMPDIR": os.environ["HOME"], "UPDATING": str(project.root)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def goes_back(project: Project, before: dict[str, bytes], head: str) -> None:
    """Assert that the last commit is intact, and that the recovery named by the next run works."""
    assert project.git("rev-parse", "HEAD") == head
    project.git("fsck", "--strict", "--no-dangling")
    if project.tree() != before or project.status():
        output = project.update(code=2)
        assert "A previous update was interrupted halfway. Your last commit is intact." in output
        recovery = output.partition("then update again: ")[2].strip()
        subprocess.run(recovery, shell=True, cwd=project.root, check=True, capture_output=True)  # noqa: S602  # as typed
        assert project.tree() == before
        assert project.status() == {}
    output = project.update(code=1)
    assert "Conflicts" in output
    assert not (project.root / ".git" / "mkbackend-update").exists()
    project.undo(output)
    assert (project.tree(), project.status()) == (before, {})


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_at_each_step(busy: Project, made: Made, moment: str) -> None:
    before, head = busy.tree(), busy.git("rev-parse", "HEAD")
    killed = start(busy, made, MOMENTS[moment])
    output, _ = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL, output
    goes_back(busy, before, head)


def test_a_kill_while_git_writes_the_files(busy: Project, made: Made) -> None:
    # A filter of one file kills git and mkbackend.
    before, head = busy.tree(), busy.git("rev-parse", "HEAD")
    pid = busy.root.parent / "pid"
    die = busy.root.parent / "die"
    die.write_text(
        f'#!/bin/sh\n[ -e "{busy.root}/.git/mkbackend-update" ] || exec cat\nkill -9 $(cat {pid}) $PPID\nsleep 9\n'
    )
    die.chmod(0o755)
    busy.git("config", "filter.die.smudge", str(die))
    (busy.root / ".git" / "info").mkdir(exist_ok=True)
    (busy.root / ".git" / "info" / "attributes").write_text("app/config.py filter=die\n")
    killed = start(busy, made)
    pid.write_text(str(killed.pid))
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (busy.root / ".git" / "index.lock").exists()
    assert busy.tree() != before
    (busy.root / ".git" / "info" / "attributes").unlink()
    goes_back(busy, before, head)


@pytest.mark.parametrize("its_git_too", [False, True])
@pytest.mark.parametrize("number", range(6 if FULL else 1))
def test_a_kill_at_any_time(busy: Project, made: Made, number: int, its_git_too: bool) -> None:
    before, head = busy.tree(), busy.git("rev-parse", "HEAD")
    began = time.monotonic()
    start(busy, made).communicate(timeout=60)
    whole, lasted = busy.status(), time.monotonic() - began
    discard(busy)
    assert busy.tree() == before
    killed = start(busy, made)
    time.sleep(lasted * random.uniform(0.5, 1))  # noqa: S311  # no secret
    for pid in [killed.pid, *(running(busy) if its_git_too else ())]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    killed.communicate()
    while running(busy):  # a git that outlives mkbackend finishes its command
        time.sleep(0.01)
    if busy.status() and not (busy.root / ".git" / "mkbackend-update").exists():  # the update was finished
        assert sorted(busy.status().values()) == sorted(whole.values())
        discard(busy)
    goes_back(busy, before, head)


def running(project: Project) -> list[int]:
    """Return the ids of the processes of an update of the project."""
    mark = f"UPDATING={project.root}\0".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has exited, or is another user's
            if mark in environ.read_bytes():
                found.append(int(environ.parent.name))
    return found


def discard(project: Project) -> None:
    project.git("reset", "--quiet", "--hard")
    (project.root / "app/added_there.py.new").unlink()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_before_the_merge_changes_nothing(busy: Project, made: Made, name: str) -> None:
    before = busy.tree()
    interrupted = start(busy, made, "dies(trees, 'change')", f"os.kill(os.getpid(), signal.{name})")
    output, _ = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130
    assert "Interrupted; nothing was changed." in output
    assert (busy.tree(), busy.status()) == (before, {})


def test_an_interrupt_during_the_merge_is_delayed_until_its_end(busy: Project, made: Made) -> None:
    before = busy.tree()
    interrupted = start(busy, made, "dies(merge, 'pick')", "os.kill(os.getpid(), signal.SIGINT)")
    output, _ = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130
    assert "Interrupted; the update is complete and staged. Undo: " in output
    assert not (busy.root / ".git" / "mkbackend-update").exists()
    undo = output.partition("Undo: ")[2].strip().removesuffix(".")
    subprocess.run(undo, shell=True, cwd=busy.root, check=True, capture_output=True)  # noqa: S602  # as typed
    assert (busy.tree(), busy.status()) == (before, {})


def test_the_marker_of_a_committed_update_is_removed(busy: Project, made: Made) -> None:
    start(busy, made, MOMENTS["before the end"]).communicate(timeout=60)
    assert (busy.root / ".git" / "mkbackend-update").exists()
    busy.git("add", "--all")
    busy.git("commit", "--quiet", "--message", "settled")
    assert "Nothing to do" in busy.update()
    assert not (busy.root / ".git" / "mkbackend-update").exists()
