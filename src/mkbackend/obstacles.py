"""Files of the user that git does not track, where an update would write."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.repository import Repository
from mkbackend.system import typed


@dataclass(frozen=True)
class Obstacles:
    """A file that stays in its place, and the path beside it for the template's.

    `kept` and `beside` are files that git ignores; `apart` are those where something else is than a file. `places` are
    the new files and folders.
    """

    kept: list[str]
    beside: dict[str, str]
    apart: dict[str, str]
    places: list[str]

    @property
    def new(self) -> dict[str, str]:
        """All files of the template that lie beside another."""
        return self.beside | self.apart


def find_obstacles(repo: Repository, theirs: Mapping[str, Path], clashes: Mapping[str, str]) -> Obstacles:
    """Look at each path that a merge writes, with what it writes there, and at those that clash, with what is there.

    BadInputError where something is in the way that git does not ignore.
    """
    tracked = set(repo.names("ls-files", "-z"))
    blocked = {path: blocker for path in theirs if path not in tracked and (blocker := _blocker(repo, path, tracked))}
    ignored = find_ignored(repo, [path for path, blocker in blocked.items() if path == blocker])
    beside = {path: f"{path}.new" for path in ignored if not _same(repo.top / path, theirs[path])}
    apart = {path: f"{place}.new{path.removeprefix(place)}" for path, place in clashes.items()}
    news = {*beside.values(), *(f"{place}.new" for place in clashes.values())}
    taken = {new for new in news if os.path.lexists(repo.top / new)}
    if in_the_way := sorted(repo.shown(path) for path in {*blocked.values()}.difference(ignored) | taken):
        raise BadInputError(
            f"Files that git does not track are where the update would write: {', '.join(in_the_way)}.",
            hint=f"Move them, or commit them: {typed('git', 'add', '--', *in_the_way)} && git commit",
        )
    return Obstacles(ignored, beside, apart, sorted(news))


def _blocker(repo: Repository, path: str, tracked: set[str]) -> str:
    """Return what is in the way of a new file: one of that name, a folder, or a file where it needs a folder."""
    for parent in [parent.as_posix() for parent in Path(path).parents][-2::-1]:
        place = repo.top / parent
        if parent not in tracked and os.path.lexists(place) and (place.is_symlink() or not place.is_dir()):
            return parent
    return path if os.path.lexists(repo.top / path) and not _is_of_git(repo, path, tracked) else ""


def _is_of_git(repo: Repository, path: str, tracked: set[str]) -> bool:
    """Whether a path is a folder with nothing in it that git does not track."""
    place = repo.top / path
    if not place.is_dir() or place.is_symlink():
        return False
    files = [found.relative_to(repo.top).as_posix() for found in place.rglob("*") if not found.is_dir()]
    return tracked.issuperset(files)


def find_ignored(repo: Repository, paths: list[str]) -> list[str]:
    """Return the files among some paths that git ignores."""
    files = [path for path in paths if not (repo.top / path).is_dir()]
    try:
        return repo.names("check-ignore", "-z", "--stdin", stdin=b"".join(os.fsencode(path) + b"\0" for path in files))
    except MkbackendError:  # so git says that none is
        return []


def _same(mine: Path, theirs: Path) -> bool:
    return mine.is_file() and mine.read_bytes() == theirs.read_bytes()
