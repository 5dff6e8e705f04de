"""Files that a process locks as long as it lives."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Wait for an exclusive lock, and hold it."""
    with path.open("a") as file:
        while not try_lock(file):
            time.sleep(0.05)
        yield


def try_lock(file: IO[str]) -> bool:
    """Lock a file until it is closed; return False if another process has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def has_holders(notes: Path) -> bool:
    """Return whether a file here is locked; remove those of dead processes."""
    for note in notes.iterdir():
        with note.open("a") as file:
            if not try_lock(file):
                return True
        note.unlink()
    return False
