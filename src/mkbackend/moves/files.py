"""The Python files of a tree after the moves."""

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from mkbackend.moves.codemod import Rewritten, rewritten
from mkbackend.moves.paths import dotted
from mkbackend.moves.place import Place
from mkbackend.moves.table import Moves

_RELATIVE = re.compile(rb"^\s*from\s+\.", re.MULTILINE)


@dataclass
class Rewriter:
    """Rewrites files; the same content in the same place only once.

    `moved` are the files that move. `exported` are, for each module, the names that others import from it.
    """

    moves: Moves
    moved: Mapping[str, str]
    exported: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _known: dict[tuple[str, bytes], Rewritten | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        words = sorted({name.rpartition(".")[2] for name in self.moves.all})
        self._word = re.compile(rb"\b(?:%s)\b" % "|".join(words).encode())

    def may_change(self, path: str, content: bytes) -> bool:
        """Whether a file has a word of an old name, or a relative import of a file that moves: a cheap test."""
        return bool(self._word.search(content) or (path in self.moved and _RELATIVE.search(content)))

    def rewrite(self, path: str, content: bytes) -> Rewritten | None:
        """Return a file after the moves; None for one that is no Python."""
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
        except (SyntaxError, UnicodeDecodeError):
            return None


def find_exported(files: Mapping[str, bytes]) -> dict[str, frozenset[str]]:
    """Return for each module the names that files import from it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, content in files.items():
        for module, name in _imported(Place(dotted(path)), content):
            found[module].add(name)
    return {module: frozenset(names) for module, names in found.items()}


def _imported(place: Place, content: bytes) -> list[tuple[str, str]]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return []
    return [
        (place.absolute(node.level, node.module or ""), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
