"""The dotted place of a file, before and after the moves, and what its imports mean there."""

from dataclasses import dataclass

import libcst as cst
from libcst.helpers import get_full_name_for_node

from mkbackend.moves.table import Moves

_PACKAGE = "__init__"


@dataclass(frozen=True)
class Place:
    """A file by its dotted place without the suffix, such as `app.core.seal`, or `app.core.__init__` of a package."""

    dotted: str

    @property
    def module(self) -> str:
        """The name that others import it by."""
        return self.dotted.removesuffix(f".{_PACKAGE}")

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.dotted.rpartition(".")[0]

    def moved(self, moves: Moves) -> "Place":
        """Return the place after the moves."""
        new = moves.module(self.module)
        return Place(f"{new}.{_PACKAGE}" if self.module != self.dotted else new)

    def source(self, node: cst.ImportFrom) -> str:
        """Return the full name of the module that a statement imports from."""
        name = get_full_name_for_node(node.module) or "" if node.module else ""
        return self.absolute(len(node.relative), name)

    def absolute(self, level: int, name: str) -> str:
        """Return the full name of a module, with the number of dots before it."""
        if not level:
            return name
        parts = self.package.split(".")
        return ".".join(filter(None, (*parts[: len(parts) - level + 1], name)))

    def target(self, node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> str:
        """Return the full name of what is imported."""
        name = alias.evaluated_name
        return name if isinstance(node, cst.Import) else f"{self.source(node)}.{name}"
