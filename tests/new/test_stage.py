"""Tests of the staging directory: a run leaves nothing or a complete project."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.new import leftovers, room, stage
from mkbackend.system import interrupts

FILES = {"README.md": "hello", "app/__init__.py": "", ".env": "SECRET=1"}


def fill(made: stage.Stage) -> None:
    for name, text in FILES.items():
        path = made.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make(target: Path) -> None:
    leftovers.sweep(target)
    with stage.beside(target) as made:
        fill(made)
        made.place()


def content(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def unborn(target: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)


RENAME = """
real = Path.rename
count = 0
def rename(self, target):
    global count
    count += 1
    if count == {number}:
        die()
    return real(self, target)
Path.rename = rename
"""
WRITE = """
def write_bytes(self, data):
    self.touch()
    die()
Path.write_bytes = write_bytes
"""
REMOVE = """
real = shutil.rmtree
def rmtree(path, **options):
    real(path / "new")
    die()
shutil.rmtree = rmtree
"""
STEPS = {
    "rendering": RENAME.format(number=1),
    "moving": RENAME.format(number=3),
    "the last move": RENAME.format(number=len({name.partition("/")[0] for name in FILES})),
    "marking": WRITE,
    "cleaning": REMOVE,
}


def killed_while(step: str, target: Path) -> None:
    """Run `make` in a process that is killed during a step."""
    script = f"""
import os, shutil, signal, sys
from pathlib import Path
sys.path[:0] = [{str(ROOT / "src")!r}, {str(ROOT / "tests")!r}]
from mkbackend.new import stage
from new import test_stage
def die():
    os.kill(os.getpid(), signal.SIGKILL)
{STEPS[step]}
test_stage.make(Path({str(target)!r}))
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize("place", ["new", "some/where/new"])
def test_a_new_directory_appears_with_its_parents(tmp_path: Path, place: str) -> None:
    before = set(os.listdir(tmp_path))
    make(tmp_path / place)
    assert content(tmp_path / place) == FILES
    assert set(os.listdir(tmp_path)) - before == {place.partition("/")[0]}


def test_no_file_is_visible_before_the_move(tmp_path: Path) -> None:
    with stage.beside(tmp_path / "a" / "new") as made:
        fill(made)
        assert not (tmp_path / "a").exists()
    assert not (tmp_path / "a").exists()
    assert not list(tmp_path.glob(".mkbackend*"))


def test_an_empty_directory_is_filled_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "empty"
    target.mkdir()
    before = target.stat().st_ino
    make(target)
    assert content(target) == FILES
    assert target.stat().st_ino == before


def test_a_clone_without_commits_can_be_filled(tmp_path: Path) -> None:
    unborn(tmp_path / "clone")
    assert room.is_unborn_clone(tmp_path / "clone")
    make(tmp_path / "clone")
    assert (tmp_path / "clone" / ".git" / "HEAD").is_file()
    assert FILES.items() <= content(tmp_path / "clone").items()


def test_a_directory_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(BadInputError, match="not empty"):
        make(tmp_path / "full")


def test_a_clone_with_commits_is_refused(tmp_path: Path) -> None:
    unborn(tmp_path / "clone")
    subprocess.run(["git", "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=tmp_path / "clone", check=True)
    with pytest.raises(BadInputError, match="with commits"):
        make(tmp_path / "clone")


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_in_the_way_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInputError, match="is a file"):
        make(tmp_path / place)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="/proc takes no files, not even root's")
def test_an_unwritable_parent_is_refused() -> None:
    with pytest.raises(BadInputError, match="Cannot write to /proc"):
        make(Path("/proc/new"))


def test_a_directory_that_appears_in_the_meantime_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "new"
    with pytest.raises(MkbackendError, match="not empty"), stage.beside(target) as made:
        fill(made)
        target.mkdir()
        (target / "README.md").write_text("mine")
        made.place()
    assert content(target) == {"README.md": "mine"}


def test_a_move_that_fails_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "empty"
    unborn(target)
    before = content(target)
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if self.name == "app" and to.parent == target:
            raise PermissionError(13, "Permission denied", str(to))
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PermissionError):
        make(target)
    assert content(target) == before


def test_a_mount_point_is_staged_inside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "mounted"
    target.mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda self: self == target)
    with stage.beside(target) as made:
        assert made.root.parent == target
        fill(made)
        made.place()
    assert content(target) == FILES


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_is_delayed_until_after_the_move(name: str) -> None:
    if not hasattr(signal, name):
        pytest.skip(f"no {name} on this system")
    number = getattr(signal, name)
    order = []
    # Under nohup SIGHUP is ignored, and must remain ignored.
    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), interrupts.uninterrupted():
            signal.raise_signal(number)
            order.append("moved")
    finally:
        signal.signal(number, before)
    assert order == ["moved"]


def test_an_interrupt_right_after_creating_the_staging_directory_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def interrupted(path: Path, mode: int) -> None:
        mkdir(path, mode)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", interrupted)
    with pytest.raises(KeyboardInterrupt), stage.beside(tmp_path / "shop"):
        pytest.fail("it went on")
    assert not list(tmp_path.glob(".mkbackend-*"))


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP on this system")
def test_an_ignored_interrupt_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.uninterrupted():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize("target_exists", [True, False])
def test_the_next_run_cleans_up_after_a_killed_one(tmp_path: Path, target_exists: bool) -> None:
    target = tmp_path / "place" / "new"
    (target if target_exists else target.parent).mkdir(parents=True)
    killed_while("rendering", target)
    assert len(list(target.parent.glob(".mkbackend-*"))) == 1
    assert not target_exists or not os.listdir(target)
    if target_exists:  # its marker is set: the next run finishes the move
        leftovers.sweep(target)
    else:
        make(target)
    assert content(target) == FILES
    assert os.listdir(target.parent) == ["new"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_half_finished_move_is_completed_by_the_next_run(tmp_path: Path) -> None:
    target = tmp_path / "place" / "new"
    target.mkdir(parents=True)
    killed_while("moving", target)
    assert 0 < len(os.listdir(target)) < 3
    with pytest.raises(BadInputError, match="not empty"):
        make(target)
    assert content(target) == FILES
    assert os.listdir(target.parent) == ["new"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize("step", ["moving", "the last move", "cleaning"])
def test_a_begun_move_is_complete_after_the_next_run(tmp_path: Path, step: str) -> None:
    target = tmp_path / "place" / "new"
    target.mkdir(parents=True)
    killed_while(step, target)
    assert leftovers.sweep(target) == (step != "cleaning")
    assert content(target) == FILES
    assert os.listdir(target.parent) == ["new"]
    assert not leftovers.sweep(target)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_move_that_was_not_begun_is_forgotten(tmp_path: Path) -> None:
    target = tmp_path / "place" / "new"
    target.mkdir(parents=True)
    killed_while("marking", target)
    assert not leftovers.sweep(target)
    assert os.listdir(target.parent) == ["new"]
    assert not os.listdir(target)


def test_the_staging_directory_of_a_running_process_is_kept(tmp_path: Path) -> None:
    with stage.beside(tmp_path / "first") as made:
        fill(made)
        make(tmp_path / "second")
        made.place()
    assert content(tmp_path / "first") == content(tmp_path / "second") == FILES


def test_only_staging_directories_are_removed(tmp_path: Path) -> None:
    for name in (".mkbackend-notes", ".mkbackend-x-1", "mkbackend-1-2"):
        (tmp_path / name).mkdir()
    (tmp_path / ".mkbackend-999999999-link").symlink_to(tmp_path / ".mkbackend-notes")
    (tmp_path / ".mkbackend-999999999-file").touch(0o644)
    before = set(os.listdir(tmp_path))
    make(tmp_path / "new")
    assert set(os.listdir(tmp_path)) == before | {"new"}


def found_stage(beside: Path, moving: Path) -> Path:
    """Create a staging directory as left by a killed run, whose marker names another target."""
    root = beside.parent / ".mkbackend-999999999-ab"
    (root / "new" / moving.name).mkdir(parents=True)
    (root / "new" / moving.name / "rest.txt").write_text("rest")
    (root / "moving").write_text(str(moving))
    return root


def test_a_staging_directory_is_not_moved_to_another_target(tmp_path: Path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "place" / "new"
    for folder in (victim, target.parent):
        folder.mkdir()
    root = found_stage(target, moving=victim)
    make(target)
    assert content(target) == FILES
    assert not os.listdir(victim)
    assert (root / "new" / "victim" / "rest.txt").is_file()


@pytest.mark.parametrize("part", ["moving", "new", "new/new", "old"])
def test_a_staging_directory_with_a_symlink_is_not_moved(tmp_path: Path, part: str) -> None:
    target = tmp_path / "place" / "new"
    unborn(target)
    root, outside = found_stage(target, moving=target), tmp_path / "outside"
    if part == "old":
        outside.mkdir()
    else:
        (root / part).rename(outside)
    (root / part).symlink_to(outside)
    before = content(outside) if outside.is_dir() else outside.read_text()
    make(target)
    assert not (target / "rest.txt").exists()
    assert before == (content(outside) if outside.is_dir() else outside.read_text())


def test_a_staging_directory_does_not_replace_a_repository(tmp_path: Path) -> None:
    target = tmp_path / "place" / "new"
    unborn(target)
    subprocess.run(["git", "commit", "--quiet", "--allow-empty", "-m", "mine"], cwd=target, check=True)
    root = found_stage(target, moving=target)
    unborn(root / "new" / "new")
    with pytest.raises(BadInputError, match="with commits"):
        make(target)
    assert "mine" in subprocess.check_output(["git", "log"], cwd=target, text=True)


def test_a_symlink_in_a_staging_directory_does_not_change_modes_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, root = tmp_path / "outside", tmp_path / ".mkbackend-999999999-ab"
    outside.touch(0o600)
    root.mkdir()
    (root / "link").symlink_to(outside)

    def refusing(path: str, *, onexc: Callable[[object, str, BaseException], None]) -> None:
        onexc(os.unlink, str(Path(path, "link")), PermissionError())

    monkeypatch.setattr(shutil, "rmtree", refusing)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    leftovers.sweep(tmp_path / "new")
    assert outside.stat().st_mode & 0o777 == 0o600


def test_the_surrounding_repository_is_found(tmp_path: Path) -> None:
    assert room.surrounding_repository(tmp_path / "a" / "b") is None
    unborn(tmp_path)
    assert room.surrounding_repository(tmp_path / "a" / "b") == tmp_path
    unborn(tmp_path / "own")
    assert room.surrounding_repository(tmp_path / "own") == tmp_path
