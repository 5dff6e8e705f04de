"""Bindings of the names in a file, and their names after the moves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from libcst.metadata import BuiltinScope, ClassScope, GlobalScope, ImportAssignment, Scope

from mkbackend.update.moves.place import Place
from mkbackend.update.moves.scopes import Imported, Use, chain, is_deferred
from mkbackend.update.moves.table import Moves
from mkbackend.update.moves.uses import Uses


@dataclass(eq=False)
class Binding:
    """A local name bound by imports, or a module-level definition; `wish` is its name after the moves.

    `targets` are the full names that it refers to, each with its import. `is_dotted`: it is the first part of
    `import a.b`, whose full names are in `modules`. `extra` are further modules that its uses need after the moves,
    each with its local name.
    """

    scope: Scope
    local: str
    wish: str = ""
    targets: list[tuple[str, Imported]] = field(default_factory=list)
    is_dotted: bool = False
    is_alias: bool = False
    is_import: bool = True
    uses: list[Use] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    is_left: bool = False

    @property
    def is_of_module(self) -> bool:
        """Return whether other files can import it."""
        return isinstance(self.scope, GlobalScope)

    @property
    def target(self) -> str:
        """The full name that it refers to; empty if ambiguous."""
        names = {name for name, _ in self.targets}
        return names.pop() if len(names) == 1 else ""

    def target_of(self, use: Use) -> str:
        """Return the full name that a use refers to: of several imports that of the last before; empty if ambiguous."""
        plain = all(by.is_certain and by.scope is self.scope for _, by in self.targets)
        if self.target or not (plain and _is_only_imported(self)):
            return self.target
        before = [name for name, by in self.targets if by.order < use.order]
        is_last = len(before) == len(self.targets) or not is_deferred(use, self.scope)
        return before[-1] if before and is_last else ""


class Bindings:
    """The bindings of a file that the moves may change."""

    def __init__(self, uses: Uses, place: Place, moves: Moves, exported: frozenset[str]) -> None:
        self.moves = moves
        self.refused: list[str] = []
        self._uses = uses
        self._place = place
        self._public = exported | {*uses.public.values()}
        self._found: dict[tuple[Scope, str], Binding] = {}
        for imported in uses.imports:
            self._import(imported)
        self._define()
        self._join()
        self._settle()

    def __iter__(self) -> Iterator[Binding]:
        return iter(self._found.values())

    def find(self, scope: Scope, local: str) -> Binding:
        """Return the binding of an imported name."""
        return self._found[_binding_scope(scope, local), local]

    def local(self, target: str, scope: Scope) -> str:
        """Return the local name for a new full name, visible from a scope; empty if there is none."""
        for binding in self:
            is_same = binding.target and self.moves.apply(binding.target) == target
            if is_same and binding.is_import and not binding.is_dotted and binding.scope in chain(scope):
                return binding.wish
        return ""

    def names(self) -> set[str]:
        """Return every name that the file uses or binds, before and after the moves."""
        used = {use.root for use in self._uses.names}
        return used | {name for binding in self for name in (binding.local, binding.wish, *binding.extra.values())}

    def _import(self, imported: Imported) -> None:
        for alias in imported.aliases:
            scope = _binding_scope(imported.scope, local := imported.local(alias))
            binding = self._found.setdefault((scope, local), Binding(scope, local))
            is_dotted = imported.is_dotted(alias)
            binding.targets.append((local if is_dotted else self._place.target(imported.node, alias), imported))
            binding.modules += [self._place.target(imported.node, alias)] if is_dotted else []
            binding.is_dotted |= is_dotted
            binding.is_alias |= alias.asname is not None

    def _define(self) -> None:
        """Add the definitions that the moves rename."""
        for module in {chain(use.scope)[-1] for use in self._uses.names}:
            for name in sorted({found.name for found in module.assignments}):
                if f"{self._place.module}.{name}" in self.moves.names:
                    self._found.setdefault((module, name), Binding(module, name, is_import=False))

    def _join(self) -> None:
        for use in self._uses.names:
            scope = use.resolve()
            if scope and (scope, use.root) in self._found:
                self._found[scope, use.root].uses.append(use)

    def _settle(self) -> None:
        """Assign the new names, except where a new name is already taken."""
        for binding in self:
            binding.wish = self._wish(binding)
        while taken := [binding for binding in self if binding.wish != binding.local and self._is_taken(binding)]:
            taken[-1].wish = taken[-1].local
            if not taken[-1].is_import:
                self.refused.append(taken[-1].local)

    def _wish(self, binding: Binding) -> str:
        listed = self.moves.names.get(f"{self._place.module}.{binding.local}")
        if listed and binding.is_of_module:
            return listed.rpartition(".")[2]
        is_attribute = isinstance(binding.scope, ClassScope)
        is_kept = binding.is_dotted or binding.is_alias or is_attribute or not binding.target
        if is_kept or self.is_public(binding) or not _is_only_imported(binding):
            return binding.local
        return self.moves.apply(binding.target).rpartition(".")[2]

    def is_public(self, binding: Binding) -> bool:
        """Return whether other files may import a binding from this file."""
        return binding.is_of_module and binding.local in self._public

    def _is_taken(self, binding: Binding) -> bool:
        """Return whether the new name already has another meaning where this one is bound or used."""
        inside = {scope for use in binding.uses for scope in _between(use.scope, binding.scope)}
        if any(self._has(scope, binding) for scope in inside | {binding.scope}):
            return True
        return any(
            binding.scope in chain(use.scope) and self._is_beyond(use, binding.scope)
            for use in self._by_root()[binding.wish]
        )

    def _has(self, scope: Scope, binding: Binding) -> bool:
        """Return whether a scope has or gets the new name with another meaning."""
        for other in self:
            if other is not binding and other.scope is scope and other.wish == binding.wish:
                return not (other.target and binding.target and self._new(other) == self._new(binding))
        is_free = (scope, binding.wish) in self._found  # renamed itself
        return binding.wish in scope.assignments and not is_free

    def _new(self, binding: Binding) -> str:
        return self.moves.apply(binding.target)

    def _is_beyond(self, use: Use, scope: Scope) -> bool:
        """Return whether a name resolves outside a scope, for example to a builtin."""
        bound = use.resolve()
        if bound and (bound, use.root) in self._found and self._found[bound, use.root].wish != use.root:
            return False
        return bound is None or (bound is not scope and bound in chain(scope))

    def _by_root(self) -> dict[str, list[Use]]:
        if not hasattr(self, "_roots"):
            self._roots: dict[str, list[Use]] = defaultdict(list)
            for use in self._uses.names:
                self._roots[use.root].append(use)
        return self._roots


def _binding_scope(scope: Scope, local: str) -> Scope:
    """Return the scope in which a statement binds a name: another one if it is declared global."""
    bound = (found.scope for found in scope[local])
    return next((found for found in bound if not isinstance(found, BuiltinScope)), scope)


def _is_only_imported(binding: Binding) -> bool:
    return all(isinstance(found, ImportAssignment) for found in binding.scope.assignments[binding.local])


def _between(inner: Scope, outer: Scope) -> list[Scope]:
    """Return the scopes from one up to, but not including, another."""
    scopes = chain(inner)
    return scopes[: scopes.index(outer)] if outer in scopes else scopes
