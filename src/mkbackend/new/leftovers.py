"""Leftovers of killed runs: an unfinished move is finished, other hidden directories are removed."""

import os
import sys
import time
from pathlib import Path

from mkbackend.new.move import move
from mkbackend.new.room import STAGE_PREFIX, anchor, has_commits
from mkbackend.new.stage import MOVING, remove


def sweep(target: Path) -> bool:
    """Finish a move to this path that a killed run of this user began, and remove the stages of other killed runs.

    Return whether a move was finished. A folder may come from an untrusted archive: one that claims a move to another
    path is ignored and kept.
    """
    beside, finished = anchor(target), False
    for root in beside.glob(f"{STAGE_PREFIX}*-*") if beside.is_dir() else ():
        owner = root.name.removeprefix(STAGE_PREFIX).partition("-")[0]
        if not (owner.isdecimal() and _is_folder(root)) or _is_alive(int(owner), root):
            continue
        if os.path.lexists(root / MOVING):
            if not _is_halfway(root, target):
                continue
            move(root / "new" / target.name, target, aside=root / "old")
            finished = True
        remove(root)
    return finished


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_halfway(root: Path, target: Path) -> bool:
    """Return whether a stage holds the rest of an unfinished move to the target."""
    marker, rest, aside = root / MOVING, root / "new" / target.name, root / "old"
    return (
        all(map(_is_folder, (target, rest.parent, rest)))
        and (_is_folder(aside) or not os.path.lexists(aside))
        and (marker.is_file() and not marker.is_symlink())
        and marker.read_bytes() == os.fsencode(target)
        and not (os.path.lexists(rest / ".git") and has_commits(target))
    )


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
