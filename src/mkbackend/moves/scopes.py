"""Names in their scopes, as Python looks them up."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import Assignment, BuiltinScope, ClassScope, GlobalScope, Scope


@dataclass(frozen=True)
class Use:
    """A name, and the attributes that follow it: `seal.Seal.make` has three nodes, each a prefix of the next.

    An early one is in the body of a class that binds the name later: until then it is that of the module.
    """

    nodes: tuple[cst.Name | cst.Attribute, ...]
    scope: Scope
    is_early: bool = False

    @property
    def root(self) -> str:
        """The name that is looked up."""
        return str(self.nodes[0].value)

    @property
    def attributes(self) -> list[str]:
        """The parts after the first."""
        return [node.attr.value for node in self.nodes if isinstance(node, cst.Attribute)]

    def resolve(self) -> Scope | None:
        """Return the scope that binds the name; None for a builtin, or where nothing does."""
        scope = self.scope
        while self.is_early and isinstance(scope, ClassScope):
            scope = scope.parent
        scopes = (found.scope for found in scope[self.root])
        return next((scope for scope in scopes if not isinstance(scope, BuiltinScope)), None)


@dataclass(frozen=True)
class Imported:
    """A statement that imports, and its scope."""

    node: cst.Import | cst.ImportFrom
    scope: Scope

    @property
    def aliases(self) -> Sequence[cst.ImportAlias]:
        """The imported names; none for a star."""
        return () if isinstance(self.node.names, cst.ImportStar) else self.node.names

    @property
    def is_star(self) -> bool:
        """Return whether it is a star import."""
        return isinstance(self.node.names, cst.ImportStar)

    def is_dotted(self, alias: cst.ImportAlias) -> bool:
        """Return whether it binds the first part of a name only, as `import a.b` does."""
        return isinstance(self.node, cst.Import) and alias.asname is None

    def local(self, alias: cst.ImportAlias) -> str:
        """Return the name that it binds."""
        return (alias.evaluated_alias or alias.evaluated_name).partition(".")[0]


def chain(scope: Scope) -> list[Scope]:
    """Return a scope and those around it, the module's last."""
    found = [scope]
    while not isinstance(found[-1], GlobalScope):
        found.append(found[-1].parent)
    return found


def is_read(name: cst.Name, scope: Scope) -> bool:
    """Return whether a name is read, in a class that binds it by plain statements only."""
    nodes = [found.node for found in scope.assignments[name.value] if isinstance(found, Assignment)]
    is_plain = all(isinstance(node, cst.Name | cst.FunctionDef | cst.ClassDef) for node in nodes)
    return is_plain and not any(name in (node, getattr(node, "name", None)) for node in nodes)
