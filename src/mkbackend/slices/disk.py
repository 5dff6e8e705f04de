"""Files on disk: several changes, applied all or none."""

import difflib
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from mkbackend.errors import BadInputError, MkbackendError

# Paths and their new text; None deletes the file.
Changes = Mapping[str, str | None]
# A file's bytes and mode; None if it does not exist.
_State = tuple[bytes, int | None] | None


def require_own(project: Path, paths: Iterable[str]) -> None:
    """Raise BadInputError unless the paths are regular files or free, so that no link leads out of the project."""
    known = {PurePosixPath()}
    for path in paths:
        file = PurePosixPath(path)
        folders = [] if file.parent in known else [part for part in reversed(file.parents) if part not in known]
        for part in (*folders, file):
            wanted = stat.S_ISREG if part is file else stat.S_ISDIR
            with suppress(FileNotFoundError):
                mode = (project / part).lstat().st_mode
                if not wanted(mode):
                    raise BadInputError(
                        f"{path} cannot be read or written: {part} is {_kind(mode)}.",
                        f"Move {part} away, or replace it with a {'file' if wanted is stat.S_ISREG else 'folder'}.",
                    )
        known |= {*folders}


def apply(project: Path, changes: Changes) -> None:
    """Apply all changes; if one fails, restore the project."""
    require_own(project, changes)
    before = {path: _state(project / path) for path in changes}
    absent = [folder for path in changes for folder in _folders(project, path) if not folder.exists()]
    try:
        for path, text in changes.items():
            _put(project / path, None if text is None else (text.encode(), _mode(before[path])))
    except BaseException:
        _restore(project, before)
        _remove_empty(absent)
        raise
    gone = [path for path, text in changes.items() if text is None]
    _remove_empty(folder for path in gone for folder in _folders(project, path))


def needed(project: Path, changes: Changes) -> Changes:
    """Return the changes that differ from the current files."""
    wanted = {path: None if text is None else text.encode() for path, text in changes.items()}
    return {path: text for path, text in changes.items() if _content(project / path) != wanted[path]}


def difference(project: Path, changes: Changes) -> str:
    """Return the changes as a unified diff."""
    require_own(project, changes)
    parts: list[str] = []
    for path, text in changes.items():
        old = (_content(project / path) or b"").decode(errors="replace").splitlines(keepends=True)
        new = (text or "").splitlines(keepends=True)
        before = f"a/{path}" if (project / path).is_file() else "/dev/null"
        parts += difflib.unified_diff(old, new, before, "/dev/null" if text is None else f"b/{path}")
    return "".join(parts)


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a file" if stat.S_ISREG(mode) else "a special file"


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _state(path: Path) -> _State:
    """Return a file's content and mode."""
    content = _content(path)
    return None if content is None else (content, stat.S_IMODE(path.stat().st_mode))


def _mode(state: _State) -> int | None:
    return state[1] if state else None


def _put(path: Path, state: _State) -> None:
    if state is None:
        path.unlink(missing_ok=True)
        return
    content, mode = state
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # left by a killed run; open() would follow a link
    try:
        with fresh.open("xb") as file:
            file.write(content)
        if mode is not None:
            fresh.chmod(mode)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise


def _restore(project: Path, before: Mapping[str, _State]) -> None:
    """Restore every file; raise MkbackendError for those that fail, after all others."""
    lost = []
    for path, state in before.items():
        try:
            if _state(project / path) != state:
                _put(project / path, state)
        except OSError:
            lost.append(path)
    if lost:
        raise MkbackendError(
            f"A change failed halfway, and these files could not be restored: {', '.join(lost)}.",
            "Restore them from git: git status",
        )


def _folders(project: Path, path: str) -> list[Path]:
    """Return the parent folders of a file inside the project, innermost first."""
    return [project / folder for folder in PurePosixPath(path).parents[:-1]]


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove empty folders, as git does."""
    for folder in folders:
        with suppress(OSError):  # not empty, or already removed
            folder.rmdir()
