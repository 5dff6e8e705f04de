"""All-or-nothing creation of a project: in a hidden directory beside its path, then moved in one step.

A new directory appears by a single rename. An existing one (`.`, for example, a shell's working directory) must stay
the same directory, so the finished entries are renamed into it, in less than a millisecond and with interrupts held
back. After a SIGKILL in that moment, the next run for the same path finishes the move; after a SIGKILL at any other
moment the path is untouched, and the next run removes the hidden directory.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.new.move import move
from mkbackend.new.room import STAGE_PREFIX, anchor, require_room
from mkbackend.system.interrupts import uninterrupted

MOVING = "moving"


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
            self._mark()
            move(self.project, self.target, aside=self.root / "old")
            return
        (first,) = (self.root / "new").iterdir()
        try:
            first.rename(self.root.parent / first.name)
        except OSError as error:
            raise MkbackendError(
                f"{self.root.parent / first.name} was created in the meantime and was left unchanged.",
                hint="Move it away, or choose another name.",
            ) from error

    def _mark(self) -> None:
        """Write the marker of a move in one step: a killed run leaves a complete one or none."""
        unfinished = self.root / "marker"
        unfinished.write_bytes(os.fsencode(self.target))
        unfinished.replace(self.root / MOVING)


@contextmanager
def beside(target: Path) -> Iterator[Stage]:
    """Yield a stage for a path; raise BadInputError if no project can be created there."""
    require_room(target)
    around = anchor(target)
    root = around / f"{STAGE_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    # With its final name, inside any missing parents.
    inside = target.name if target.exists() else target.relative_to(around)
    try:
        _make(root)
        yield Stage(root, target, project=root / "new" / inside)
    finally:
        with uninterrupted():
            remove(root)


def _make(root: Path) -> None:
    try:
        root.mkdir(mode=0o700)
    except OSError as error:
        raise BadInputError(
            f"Cannot write to {root.parent}: {error.strerror}.", hint="Choose a writable directory."
        ) from error


def remove(root: Path) -> None:
    """Delete a stage, with retries: a killed child may still be writing to it.

    The marker goes first: without the rest of the project there is no move to finish.
    """
    with suppress(OSError):
        (root / MOVING).unlink()
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
