"""New paths of the files whose modules move."""

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from mkbackend.update.moves.table import Moves

PYTHON = (".py", ".pyi")
_PACKAGE = "__init__"


def dotted(path: str) -> str:
    """Return the dotted name of a Python file."""
    return path.rpartition(".")[0].replace("/", ".")


def find_moved(paths: Iterable[str], moves: Moves, new: Collection[str]) -> dict[str, str]:
    """Return the files that move, each with its new path; `new` are the paths of the new template."""
    found = {path: _moved(path, moves, new) for path in paths}
    return {path: there for path, there in found.items() if there != path}


def find_blocked(moved: dict[str, str], paths: Collection[str]) -> set[str]:
    """Return the files that cannot move, because another file stays at their new path or moves there too."""
    blocked: set[str] = set()
    while True:
        going = {path: there for path, there in moved.items() if path not in blocked}
        taken = {path for path in paths if path not in going}
        taken |= {there for there, count in Counter(going.values()).items() if count > 1}
        now = {path for path, there in going.items() if not taken.isdisjoint(_with_parents(there))}
        if not now:
            return blocked
        blocked |= now


def _moved(path: str, moves: Moves, new: Collection[str]) -> str:
    folder, _, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if f".{suffix}" not in PYTHON or not dot:  # other files in a package move with the whole package
        there = moves.module(folder.replace("/", "."))
        return path if there == folder.replace("/", ".") else f"{there.replace('.', '/')}/{name}"
    module = dotted(path).removesuffix(f".{_PACKAGE}")
    there = moves.module(module)
    if there == module:
        return path
    base = there.replace(".", "/")
    kinds = [f"{base}.{suffix}", f"{base}/{_PACKAGE}.{suffix}"]
    if stem == _PACKAGE:
        kinds.reverse()
    return next((kind for kind in kinds if kind in new), kinds[0])


def _with_parents(path: str) -> set[str]:
    return {path, *map(str, PurePosixPath(path).parents)}
