"""The move of a finished project into an existing directory."""

import errno
from pathlib import Path


def move(source: Path, target: Path, aside: Path) -> None:
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
