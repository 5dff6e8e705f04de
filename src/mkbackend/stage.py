"""Nothing or the whole project: it is made in a hidden directory beside its place and leaves that in one step.

A new directory appears by a single rename. One that is there already (`.`, say, with a shell in it) must stay the same
directory, so the finished entries are renamed into it: less than a millisecond, held together against Ctrl-C and
the like. After a SIGKILL in that moment, the next run for the same place finishes the move; after one at any other
moment the place is untouched, and the next run removes the hidden directory.
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

from mkbackend.errors import BadInputError, Interruption, MkbackendError
from mkbackend.system import git, on_interrupt

_PREFIX = ".mkbackend-"
_MOVING = "moving"


@dataclass(frozen=True)
class Stage:
    """A hidden directory `root` of ours, in which `project` is made for its place, `target`."""

    root: Path
    target: Path
    project: Path

    @property
    def scratch(self) -> Path:
        """For files that are needed only while the project is made."""
        return self.root / "scratch"

    def place(self) -> None:
        """Move the whole project to its place."""
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
                f"{self.root.parent / first.name} appeared in the meantime; it was left as it is.",
                hint="Move it away, or choose another name.",
            ) from error


@contextmanager
def beside(target: Path) -> Iterator[Stage]:
    """Yield a stage for a place that can take a project; BadInputError if it cannot."""
    require_room(target)
    anchor = _anchor(target)
    root = anchor / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    # Under its later name, and inside any parents that are to be made with it.
    inside = target.name if target.exists() else target.relative_to(anchor)
    try:
        _make(root)
        yield Stage(root, target, project=root / "new" / inside)
    finally:
        with uninterrupted():
            _remove(root)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back interrupts for the moment that a move takes; then they count."""
    arrived: list[int] = []
    with on_interrupt(lambda number, _: arrived.append(number)):
        yield
    if arrived:
        raise Interruption


def sweep(target: Path) -> None:
    """Finish a move to this place that a killed run of this user had begun, and remove what others left beside it.

    A folder can come with anyone's archive: what it says of another place is not followed, and it stays as it is.
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
    """Refuse a place that cannot take a project."""
    anchor = _anchor(target)
    if not anchor.is_dir():
        raise BadInputError(f"{anchor} is a file.", hint="Choose another place.")
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise BadInputError(f"{target} is a file.", hint="Choose another name.")
    if any(path.name != ".git" and not path.name.startswith(_PREFIX) for path in target.iterdir()):
        raise BadInputError(
            f"{target} is not empty.", hint="Choose another name: mkbackend never writes over your files."
        )
    if _has_commits(target):
        raise BadInputError(f"{target} is a repository with commits.", hint="Choose another name.")
    if not os.access(target, os.W_OK | os.X_OK):
        raise BadInputError(f"Cannot write in {target}.", hint="Choose a directory that you can write to.")


def surrounding_repository(target: Path) -> Path | None:
    """Return the git repository that a new directory would be a part of."""
    around = target.parents if not (target / ".git").is_file() else (target, *target.parents)
    return next((path for path in around if (path / ".git" / "HEAD").exists() or (path / ".git").is_file()), None)


def is_unborn_clone(target: Path) -> bool:
    """Whether the place is a repository of its own, cloned or initialised, still without a commit."""
    if not (target / ".git").is_dir():
        return False
    try:
        git("rev-parse", "--quiet", "--verify", "HEAD", cwd=target)
    except BadInputError:  # another user's: nobody knows
        raise
    except MkbackendError:
        return True
    return False


def _anchor(target: Path) -> Path:
    """Return the directory to work in: the same disk as the target, so that a rename can reach it."""
    if target.is_mount():
        return target
    return next(path for path in target.parents if path.exists())


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_halfway(root: Path, target: Path) -> bool:
    """Tell whether a stage holds the rest of a project on its way to the target, and leads nowhere else."""
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
    """Rename every entry of `source` into `target`, and the `.git` that it was made from to `aside`, or nothing."""
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
    """Rename, but never over something: POSIX would replace a file in silence."""
    if new.exists():
        raise FileExistsError(errno.EEXIST, "appeared in the meantime", str(new))
    old.rename(new)


def _is_alive(pid: int, root: Path) -> bool:
    """Whether the run that owns a stage may still be at work; another user's always may."""
    if sys.platform == "win32":  # there is no harmless question to a process: wait a day
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
            f"Cannot write in {root.parent}: {error.strerror}.", hint="Choose a directory that you can write to."
        ) from error


def _remove(root: Path) -> None:
    """Delete a stage; a child that was killed a moment ago may still be writing into it."""
    for _ in range(20):
        shutil.rmtree(root, onexc=_make_writable)
        if not os.path.lexists(root):
            return
        time.sleep(0.05)


def _make_writable(function: object, path: str, error: BaseException) -> None:
    """Windows deletes no read-only file, and git's objects are such; a later try deletes it.

    A link stays as it is: chmod would follow it.
    """
    if not isinstance(error, FileNotFoundError) and not Path(path).is_symlink():
        try:
            Path(path).chmod(0o700)
        except OSError:
            return
