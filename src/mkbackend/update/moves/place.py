"""Dotted names of files, and resolution of their imports."""

from dataclasses import dataclass

import libcst as cst
from libcst.helpers import get_full_name_for_node

from mkbackend.update.moves.table import Moves

_PACKAGE = "__init__"


@dataclass(frozen=True)
class Place:
    """A file by its dotted name, such as `app.core.seal`, or `app.core.__init__` for a package."""

    dotted: str

    @property
    def module(self) -> str:
        """The name under which it is imported."""
        return self.dotted.removesuffix(f".{_PACKAGE}")

    @property
    def package(self) -> str:
        """The package of its relative imports."""
        return self.dotted.rpartition(".")[0]

    def moved(self, moves: Moves) -> "Place":
        """Return the file's place after the moves."""
        new = moves.module(self.module)
        return Place(f"{new}.{_PACKAGE}" if self.module != self.dotted else new)

    def source(self, node: cst.ImportFrom) -> str:
        """Return the full name of the module in an import statement."""
        name = get_full_name_for_node(node.module) or "" if node.module else ""
        return self.absolute(len(node.relative), name)

    def absolute(self, level: int, name: str) -> str:
        """Return the full name of a module from the number of leading dots and its name."""
        if not level:
            return name
        parts = self.package.split(".")
        return ".".join(filter(None, (*parts[: len(parts) - level + 1], name)))

    def target(self, node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> str:
        """Return the full name of an imported object."""
        name = alias.evaluated_name
        return name if isinstance(node, cst.Import) else f"{self.source(node)}.{name}"
