"""All-or-nothing creation of a project: in a hidden directory beside its path, then moved in one step.

A new directory appears by a single rename. An existing one (`.`, for example, a shell's working directory) must stay
the same directory, so the finished entries are renamed into it, in less than a millisecond and with interrupts held
back. After a SIGKILL in that moment, the next run for the same path finishes the move; after a SIGKILL at any other
moment the path is untouched, and the next run removes the hidden directory.
"""

import errno
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.system.git import git
from mkbackend.system.interrupts import uninterrupted

_PREFIX = ".mkbackend-"
_MOVING = "moving"


@dataclass(frozen=True)
class Stage:
    """A hidden directory `root`, in which `project` is created for its final path `target`."""

    root: Path
    target: Path
    project: Path

    @property
    def scratch(self) -> Path:
        """The directory for temporary files."""
        return self.root / "scratch"

    def place(self) -> None:
        """Move the project to its final path."""
        if self.target.exists():
            require_room(self.target)
            (self.root / _MOVING).write_bytes(os.fsencode(self.target))
            _move(self.project, self.target, aside=self.root / "old")
            return
        (first,) = (self.root / "new").iterdir()
        try:
            first.rename(self.root.parent / first.name)
        except OSError as error:
            raise MkbackendError(
                f"{self.root.parent / first.name} was created in the meantime and was left unchanged.",
                hint="Move it away, or choose another name.",
            ) from error


@contextmanager
def beside(target: Path) -> Iterator[Stage]:
    """Yield a stage for a path; raise BadInputError if no project can be created there."""
    require_room(target)
    anchor = _anchor(target)
    root = anchor / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    # With its final name, inside any missing parents.
    inside = target.name if target.exists() else target.relative_to(anchor)
    try:
        _make(root)
        yield Stage(root, target, project=root / "new" / inside)
    finally:
        with uninterrupted():
            _remove(root)


def sweep(target: Path) -> None:
    """Finish a move to this path that a killed run of this user began, and remove the stages of other killed runs.

    A folder may come from an untrusted archive: one that claims a move to another path is ignored and kept.
    """
    anchor = _anchor(target)
    for root in anchor.glob(f"{_PREFIX}*-*") if anchor.is_dir() else ():
        owner = root.name.removeprefix(_PREFIX).partition("-")[0]
        if not (owner.isdecimal() and _is_folder(root)) or _is_alive(int(owner), root):
            continue
        if os.path.lexists(root / _MOVING):
            if not _is_halfway(root, target):
                continue
            _move(root / "new" / target.name, target, aside=root / "old")
        _remove(root)


def require_room(target: Path) -> None:
    """Raise BadInputError if no project can be created at this path."""
    anchor = _anchor(target)
    if not anchor.is_dir():
        raise BadInputError(f"{anchor} is a file.", hint="Choose another path.")
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise BadInputError(f"{target} is a file.", hint="Choose another name.")
    if any(path.name != ".git" and not path.name.startswith(_PREFIX) for path in target.iterdir()):
        raise BadInputError(
            f"{target} is not empty.", hint="Choose another name: mkbackend never overwrites your files."
        )
    if _has_commits(target):
        raise BadInputError(f"{target} is a repository with commits.", hint="Choose another name.")
    if not os.access(target, os.W_OK | os.X_OK):
        raise BadInputError(f"Cannot write to {target}.", hint="Choose a writable directory.")


def surrounding_repository(target: Path) -> Path | None:
    """Return the git repository around a new directory, or None."""
    around = target.parents if not (target / ".git").is_file() else (target, *target.parents)
    return next((path for path in around if (path / ".git" / "HEAD").exists() or (path / ".git").is_file()), None)


def is_unborn_clone(target: Path) -> bool:
    """Return whether the path is a repository, cloned or initialised, without a commit."""
    if not (target / ".git").is_dir():
        return False
    try:
        git("rev-parse", "--quiet", "--verify", "HEAD", cwd=target)
    except BadInputError:  # a repository of another user: unknown
        raise
    except MkbackendError:
        return True
    return False


def _anchor(target: Path) -> Path:
    """Return the directory for the stage: on the target's disk, so that it can be renamed to it."""
    if target.is_mount():
        return target
    return next(path for path in target.parents if path.exists())


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_halfway(root: Path, target: Path) -> bool:
    """Return whether a stage holds the rest of an unfinished move to the target."""
    marker, rest, aside = root / _MOVING, root / "new" / target.name, root / "old"
    return (
        all(map(_is_folder, (target, rest.parent, rest)))
        and (_is_folder(aside) or not os.path.lexists(aside))
        and (marker.is_file() and not marker.is_symlink())
        and marker.read_bytes() == os.fsencode(target)
        and not (os.path.lexists(rest / ".git") and _has_commits(target))
    )


def _has_commits(target: Path) -> bool:
    return (target / ".git").is_dir() and not is_unborn_clone(target)


def _move(source: Path, target: Path, aside: Path) -> None:
    """Rename every entry of `source` into `target`, and the old `.git` to `aside`; undo all if one fails."""
    aside.mkdir(exist_ok=True)
    done: list[tuple[Path, Path]] = []
    try:
        for entry in sorted(source.iterdir()):
            place = target / entry.name
            steps = [(place, aside / ".git"), (entry, place)] if entry.name == ".git" else [(entry, place)]
            for old, new in steps:
                if old.exists():
                    _rename(old, new)
                    done.append((old, new))
    except OSError:
        for old, new in reversed(done):
            new.rename(old)
        raise


def _rename(old: Path, new: Path) -> None:
    """Rename without overwriting: POSIX would silently replace a file."""
    if new.exists():
        raise FileExistsError(errno.EEXIST, "created in the meantime", str(new))
    old.rename(new)


def _is_alive(pid: int, root: Path) -> bool:
    """Return whether the run that owns a stage may still be running; always true for another user's."""
    if sys.platform == "win32":  # os.kill is not harmless there, so wait a day
        return time.time() - root.stat().st_mtime < 86_400
    if root.stat().st_uid != os.getuid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _make(root: Path) -> None:
    try:
        root.mkdir(mode=0o700)
    except OSError as error:
        raise BadInputError(
            f"Cannot write to {root.parent}: {error.strerror}.", hint="Choose a writable directory."
        ) from error


def _remove(root: Path) -> None:
    """Delete a stage, with retries: a killed child may still be writing to it."""
    for _ in range(20):
        shutil.rmtree(root, onexc=_make_writable)
        if not os.path.lexists(root):
            return
        time.sleep(0.05)


def _make_writable(function: object, path: str, error: BaseException) -> None:
    """Make a file writable for the next retry: Windows does not delete read-only files such as git's objects.

    Skip links, which chmod would follow.
    """
    if not isinstance(error, FileNotFoundError) and not Path(path).is_symlink():
        try:
            Path(path).chmod(0o700)
        except OSError:
            return
