"""Paths that an update leaves alone, because a link, folder or other project is in the place of a template file."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from mkbackend.project.repository import Repository
from mkbackend.update.trees import Ours, Renders


def find_clashes(trial: Repository, ours: Ours, commit: str, unmerged: Iterable[str]) -> dict[str, str]:
    """Return the changed files that git could only write under another name, each with its blocker.

    The blocker is a link, folder or submodule where the template has a file, or a file where it has a folder. Git then
    writes a name such as Makefile~HEAD. If git follows a moved folder there is no such name, and no clash.
    """
    head, old, new = (_entries(trial, name) for name in (ours.commit, f"{commit}^", commit))
    folders = {str(parent) for path in head for parent in PurePosixPath(path).parents}
    found = {}
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path) and (blocker := _blocker(path, head, old, new, folders)):
            found[path] = blocker
    return {
        path: blocker for path, blocker in found.items() if any(name.startswith(f"{blocker}~") for name in unmerged)
    }


def find_left_out(renders: Renders, apart: Iterable[str]) -> dict[str, str]:
    """Return the files that the template changes below the folders `apart`, each with its folder."""
    found = {}
    for place in sorted(apart):
        for path in [renders.new / place, *(renders.new / place).rglob("*")]:
            name = path.relative_to(renders.new)
            if path.is_file() and not _same(path, renders.old / name):
                found[name.as_posix()] = place
    return found


def _entries(trial: Repository, commit: str) -> dict[str, str]:
    """Return the mode and object of each file in a commit."""
    lines = trial.names("ls-tree", "-r", "-z", commit, "--", trial.prefix or ".")
    return {path: entry for entry, _, path in (line.partition("\t") for line in lines)}


def _blocker(
    path: str, head: dict[str, str], old: dict[str, str], new: dict[str, str], folders: set[str]
) -> str | None:
    """Return the project's path that blocks a template file: the same path or a parent; None if it is free."""
    for parent in [str(parent) for parent in PurePosixPath(path).parents][-2::-1]:
        if parent in head and head[parent] != old.get(parent):
            return parent
    kinds = {entries[path][:2] for entries in (head, old, new) if path in entries}
    return path if path in folders or (path in head and len(kinds) > 1) else None


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()
