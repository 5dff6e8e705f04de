"""Untracked files in the way of an update."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.project.repository import Repository
from mkbackend.system.programs import typed


@dataclass(frozen=True)
class Obstacles:
    """Files that an update keeps, and the paths of the template's versions beside them.

    `kept` and `beside` are ignored by git; `apart` have a link, folder or project in their place. `places` are the new
    files and folders.
    """

    kept: list[str]
    beside: dict[str, str]
    apart: dict[str, str]
    places: list[str]

    @property
    def new(self) -> dict[str, str]:
        """All template files that are written beside another file."""
        return self.beside | self.apart


def find_obstacles(repo: Repository, theirs: Mapping[str, Path], clashes: Mapping[str, str]) -> Obstacles:
    """Find the ignored files in the way of a merge.

    `theirs` are the paths that the merge writes, each with its new file; `clashes` are the paths that it cannot write,
    each with its blocker. Raise BadInputError if an untracked file that git does not ignore is in the way.
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
            f"Untracked files are in the way of the update: {', '.join(in_the_way)}.",
            hint=f"Move or commit them: {typed('git', 'add', '--', *in_the_way)} && git commit",
        )
    return Obstacles(ignored, beside, apart, sorted(news))


def _blocker(repo: Repository, path: str, tracked: set[str]) -> str:
    """Return the path that blocks a new file: the path itself, or a parent that is not a folder."""
    for parent in [parent.as_posix() for parent in Path(path).parents][-2::-1]:
        place = repo.top / parent
        if parent not in tracked and os.path.lexists(place) and (place.is_symlink() or not place.is_dir()):
            return parent
    return path if os.path.lexists(repo.top / path) and not _is_of_git(repo, path, tracked) else ""


def _is_of_git(repo: Repository, path: str, tracked: set[str]) -> bool:
    """Return whether a path is a folder with tracked files only."""
    place = repo.top / path
    if not place.is_dir() or place.is_symlink():
        return False
    files = [found.relative_to(repo.top).as_posix() for found in place.rglob("*") if not found.is_dir()]
    return tracked.issuperset(files)


def find_ignored(repo: Repository, paths: list[str]) -> list[str]:
    """Return those of the paths that are files ignored by git."""
    files = [path for path in paths if not (repo.top / path).is_dir()]
    try:
        return repo.names("check-ignore", "-z", "--stdin", stdin=b"".join(os.fsencode(path) + b"\0" for path in files))
    except MkbackendError:  # git exits with 1 if it ignores none
        return []


def _same(mine: Path, theirs: Path) -> bool:
    return mine.is_file() and mine.read_bytes() == theirs.read_bytes()
