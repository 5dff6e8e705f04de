"""Rewriting of import statements: one may become several."""

from collections import defaultdict

import libcst as cst

from mkbackend.update.moves.bindings import Binding, Bindings
from mkbackend.update.moves.place import Place
from mkbackend.update.moves.scopes import Imported
from mkbackend.update.moves.table import Moves

Statement = cst.BaseSmallStatement
Name = tuple[str, cst.ImportAlias, Binding]
_SPACE = cst.SimpleWhitespace(" ")


class Imports:
    """Rewriter of a file's import statements; extra imports follow the first that binds the same name."""

    def __init__(self, bindings: Bindings, place: Place, moved: Place, moves: Moves) -> None:
        self._bindings = bindings
        self._place = place
        self._moved = moved
        self._moves = moves
        self._added: set[Binding] = set()

    def rewrite(self, imported: Imported) -> list[Statement]:
        """Return the statements that replace one; the statement itself if nothing changes."""
        node = imported.node
        if imported.is_star:
            return [self._starred(node)] if isinstance(node, cst.ImportFrom) else [node]
        bound = [(alias, self._bindings.find(imported.scope, imported.local(alias))) for alias in imported.aliases]
        kept = [(alias, binding) for alias, binding in bound if not binding.is_left]
        names = [(self._new(node, alias), alias, binding) for alias, binding in kept]
        statements = self._plain(node, names) if isinstance(node, cst.Import) else self._from(node, names)
        return [*statements, *self._extra([binding for _, binding in bound])]

    def _plain(self, node: cst.Import, names: list[Name]) -> list[Statement]:
        """Return `import a, b as c` with the new names."""
        aliases = [_alias(alias, new, binding, alias.asname is None) for new, alias, binding in names]
        if list(node.names) == aliases:
            return [node]
        return [node.with_changes(names=_ended(aliases))] if aliases else []

    def _from(self, node: cst.ImportFrom, names: list[Name]) -> list[Statement]:
        """Return `from a import b, c` with the new names, one statement per module."""
        groups: dict[str, list[cst.ImportAlias]] = defaultdict(list)
        for new, alias, binding in names:
            module, _, name = new.rpartition(".")
            groups[module].append(_alias(alias, name, binding))
        if len(groups) == 1 and "" not in groups:
            return [self._same(node, *groups.popitem())]
        is_wide = "#" in cst.Module([]).code_for_node(node)
        return [_statement(node, module, aliases, is_wide) for module, aliases in groups.items()]

    def _same(self, node: cst.ImportFrom, module: str, aliases: list[cst.ImportAlias]) -> Statement:
        """Return a statement whose names all come from one module."""
        old = [] if isinstance(node.names, cst.ImportStar) else list(node.names)
        if old == aliases and self._is_in_place(node, module):
            return node
        names = aliases if node.lpar and len(aliases) == len(old) else _ended(aliases, bool(node.lpar))
        if self._is_in_place(node, module):
            return node.with_changes(names=names)
        return _of_module(node, module).with_changes(names=names)

    def _starred(self, node: cst.ImportFrom) -> Statement:
        module = self._moves.apply(self._place.source(node))
        return node if self._is_in_place(node, module) else _of_module(node, module)

    def _is_in_place(self, node: cst.ImportFrom, module: str) -> bool:
        """Return whether a statement, relative or not, still refers to a module."""
        return self._moved.source(node) == module

    def _new(self, node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> str:
        return self._moves.apply(self._place.target(node, alias))

    def _extra(self, bindings: list[Binding]) -> list[Statement]:
        found: list[Statement] = []
        for binding in bindings:
            if binding not in self._added:
                self._added.add(binding)
                found += [_import(module, local) for module, local in self._needed(binding).items()]
        return found

    def _needed(self, binding: Binding) -> dict[str, str]:
        """Return the extra imports of a binding, except modules that the file's `import a.b` statements import."""
        if not binding.is_dotted:
            return binding.extra
        there = [self._moves.apply(name) for name in binding.modules]
        return {
            module: local
            for module, local in binding.extra.items()
            if not any(name == module or name.startswith(f"{module}.") for name in there)
        }


def _statement(node: cst.ImportFrom, module: str, aliases: list[cst.ImportAlias], is_wide: bool) -> Statement:
    if not module:
        return cst.Import(names=_ended(aliases))
    changed = _of_module(node, module)
    if is_wide:
        return changed.with_changes(names=aliases)
    return changed.with_changes(names=_ended(aliases), lpar=None, rpar=None)


def _of_module(node: cst.ImportFrom, module: str) -> cst.ImportFrom:
    return node.with_changes(
        module=_dotted(module), relative=(), whitespace_after_from=_SPACE, whitespace_before_import=_SPACE
    )


def _import(module: str, local: str) -> Statement:
    """Return `import a.b`, or `from a import b` for a local name."""
    parent, _, name = module.rpartition(".")
    if not (local and parent):
        alias = cst.AsName(cst.Name(local)) if local and local != module else None
        return cst.Import(names=[cst.ImportAlias(_dotted(module), alias)])
    alias = cst.AsName(cst.Name(local)) if local != name else None
    return cst.ImportFrom(module=_dotted(parent), names=[cst.ImportAlias(cst.Name(name), alias)])


def _alias(alias: cst.ImportAlias, name: str, binding: Binding, is_dotted: bool = False) -> cst.ImportAlias:
    """Return an import alias with its new name, and `as` if the local name differs."""
    if name == alias.evaluated_name and binding.wish == binding.local:
        return alias
    asname = None if is_dotted or binding.wish == name else _as_name(alias, binding.wish)
    return alias.with_changes(name=_dotted(name), asname=asname)


def _as_name(alias: cst.ImportAlias, local: str) -> cst.AsName:
    return alias.asname.with_changes(name=cst.Name(local)) if alias.asname else cst.AsName(cst.Name(local))


def _ended(aliases: list[cst.ImportAlias], is_open: bool = False) -> list[cst.ImportAlias]:
    """Return the names without a trailing comma, which is valid in parentheses only."""
    if is_open or not aliases:
        return aliases
    *others, last = [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in aliases]
    return [*others, last]


def _dotted(name: str) -> cst.Name | cst.Attribute:
    parsed = cst.parse_expression(name)
    assert isinstance(parsed, cst.Name | cst.Attribute)  # noqa: S101  # names with dots parse to nothing else
    return parsed
