"""Files written and removed together: all, or none."""

import difflib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mkbackend.stage import uninterrupted

# Each path with its new text; None: it goes.
Changes = Mapping[str, str | None]


def apply(project: Path, changes: Changes) -> None:
    """Do all of them; where one fails, the project is as it was."""
    with uninterrupted():
        before = {path: _content(project / path) for path in changes}
        try:
            for path, text in changes.items():
                _put(project / path, None if text is None else text.encode())
        except OSError:
            for path, content in before.items():
                if _content(project / path) != content:
                    _put(project / path, content)
            _remove_empty(project, list(changes))
            raise
        _remove_empty(project, [path for path, text in changes.items() if text is None])


def needed(project: Path, changes: Changes) -> Changes:
    """Return those of the changes that a file has not yet."""
    wanted = {path: None if text is None else text.encode() for path, text in changes.items()}
    return {path: text for path, text in changes.items() if _content(project / path) != wanted[path]}


def difference(project: Path, changes: Changes) -> str:
    """Return what would change, as git shows it."""
    parts: list[str] = []
    for path, text in changes.items():
        old = (_content(project / path) or b"").decode(errors="replace").splitlines(keepends=True)
        new = (text or "").splitlines(keepends=True)
        before = f"a/{path}" if (project / path).is_file() else "/dev/null"
        parts += difflib.unified_diff(old, new, before, "/dev/null" if text is None else f"b/{path}")
    return "".join(parts)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise


def _remove_empty(project: Path, paths: list[str]) -> None:
    """Remove the folders that nothing is left in, as git would."""
    for path in paths:
        folder = (project / path).parent
        while folder != project and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
