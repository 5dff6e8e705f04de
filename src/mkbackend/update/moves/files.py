"""Application of the moves to the Python files of a tree."""

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from mkbackend.update.moves.codemod import Rewritten, rewritten
from mkbackend.update.moves.paths import dotted
from mkbackend.update.moves.place import Place
from mkbackend.update.moves.table import Moves

_RELATIVE = re.compile(rb"^\s*from\s+\.", re.MULTILINE)


@dataclass
class Rewriter:
    """Rewriter of files, with a cache by path and content.

    `moved` are the files that move. `exported` has the names that other files import from each module.
    """

    moves: Moves
    moved: Mapping[str, str]
    exported: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _known: dict[tuple[str, bytes], Rewritten | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        words = sorted({name.rpartition(".")[2] for name in self.moves.all})
        self._word = re.compile(rb"\b(?:%s)\b" % "|".join(words).encode())
        self._around = {above for name in self.moves.all for above in _above(name)}

    def may_change(self, path: str, content: bytes) -> bool:
        """Return whether a file may contain a moved name: ten times as fast as rewriting it."""
        if path in self.moved and _RELATIVE.search(content):
            return True
        if not self._word.search(content):
            return False
        place = Place(dotted(path))
        imported = _imported(place, content)
        if imported is None:
            return True
        names = [place.module, *(f"{module}.{name}".removeprefix(".") for module, name in imported)]
        return any(name in self._around or self.moves.key(name) for name in names)

    def rewrite(self, path: str, content: bytes) -> Rewritten | None:
        """Return a file after the moves; None if it is not valid Python."""
        if (path, content) not in self._known:
            self._known[path, content] = self._rewrite(path, content)
        return self._known[path, content]

    def _rewrite(self, path: str, content: bytes) -> Rewritten | None:
        place = dotted(path)
        try:
            return rewritten(
                content.decode(),
                place,
                self.moves,
                exported=self.exported.get(Place(place).module, frozenset()),
                moved=dotted(self.moved.get(path, path)),
            )
        except (SyntaxError, UnicodeDecodeError, RecursionError):
            return None


def find_exported(files: Mapping[str, bytes]) -> dict[str, frozenset[str]]:
    """Return the names that the files import from each module."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, content in files.items():
        for module, name in _imported(Place(dotted(path)), content) or ():
            found[module].add(name)
    return {module: frozenset(names) for module, names in found.items()}


def _imported(place: Place, content: bytes) -> list[tuple[str, str]] | None:
    """Return each module and name that a file imports; None if this Python cannot parse it."""
    try:
        nodes = list(ast.walk(ast.parse(content)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    plain = [alias for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    bound = [("", alias.name if alias.asname else alias.name.partition(".")[0]) for alias in plain]
    return bound + [
        (place.absolute(node.level, node.module or ""), alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def _above(dotted: str) -> list[str]:
    """Return the parent packages of a dotted name."""
    parts = dotted.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]
