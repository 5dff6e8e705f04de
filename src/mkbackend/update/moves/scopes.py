"""Names and their scopes, resolved like Python does."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import Assignment, BuiltinScope, ClassScope, FunctionScope, GlobalScope, Scope


@dataclass(frozen=True)
class Use:
    """A name and its attributes: `seal.Seal.make` has three nodes, each a prefix of the next.

    An early use is in a class body before the class binds the name: it resolves to the module's. `order` is its place
    among the uses and imports of the file.
    """

    nodes: tuple[cst.Name | cst.Attribute, ...]
    scope: Scope
    order: int
    is_early: bool = False

    @property
    def root(self) -> str:
        """The first name."""
        return str(self.nodes[0].value)

    @property
    def attributes(self) -> list[str]:
        """The attributes after the first name."""
        return [node.attr.value for node in self.nodes if isinstance(node, cst.Attribute)]

    def resolve(self) -> Scope | None:
        """Return the scope that binds the name; None for a builtin or unbound name."""
        scope = self.scope
        while self.is_early and isinstance(scope, ClassScope):
            scope = scope.parent
        scopes = (found.scope for found in scope[self.root])
        return next((scope for scope in scopes if not isinstance(scope, BuiltinScope)), None)


@dataclass(frozen=True)
class Imported:
    """An import statement and its scope.

    `order` is its place among the uses and imports of the file. `is_certain`: it runs whenever its scope does.
    """

    node: cst.Import | cst.ImportFrom
    scope: Scope
    order: int
    is_certain: bool

    @property
    def aliases(self) -> Sequence[cst.ImportAlias]:
        """The imported names; empty for a star import."""
        return () if isinstance(self.node.names, cst.ImportStar) else self.node.names

    @property
    def is_star(self) -> bool:
        """Return whether it is a star import."""
        return isinstance(self.node.names, cst.ImportStar)

    def is_dotted(self, alias: cst.ImportAlias) -> bool:
        """Return whether it binds only the first part of a name, as in `import a.b`."""
        return isinstance(self.node, cst.Import) and alias.asname is None

    def local(self, alias: cst.ImportAlias) -> str:
        """Return the name that it binds."""
        return (alias.evaluated_alias or alias.evaluated_name).partition(".")[0]


def chain(scope: Scope) -> list[Scope]:
    """Return a scope and its parents up to the module."""
    found = [scope]
    while not isinstance(found[-1], GlobalScope):
        found.append(found[-1].parent)
    return found


def is_deferred(use: Use, scope: Scope) -> bool:
    """Return whether a use runs later than the code of a scope around it, because it is in a function."""
    around = chain(use.scope)
    return any(isinstance(each, FunctionScope) for each in around[: around.index(scope)])


def is_read(name: cst.Name, scope: Scope) -> bool:
    """Return whether a name is read, in a class that binds it only by plain statements."""
    nodes = [found.node for found in scope.assignments[name.value] if isinstance(found, Assignment)]
    is_plain = all(isinstance(node, cst.Name | cst.FunctionDef | cst.ClassDef) for node in nodes)
    return is_plain and not any(name in (node, getattr(node, "name", None)) for node in nodes)
