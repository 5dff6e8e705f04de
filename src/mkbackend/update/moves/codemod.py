"""Codemod that applies the moves to one Python file and changes nothing else in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import MetadataWrapper

from mkbackend.update.moves.bindings import Bindings
from mkbackend.update.moves.edits import Edits, find_edits
from mkbackend.update.moves.imports import Imports
from mkbackend.update.moves.place import Place
from mkbackend.update.moves.table import Moves
from mkbackend.update.moves.uses import Uses

Statements = dict[cst.CSTNode, list[cst.BaseSmallStatement]]
_Line = cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]


@dataclass(frozen=True)
class Rewritten:
    """A file after the moves, the number of changed names, and notes for the owner."""

    text: str
    names: int = 0
    notes: list[str] = field(default_factory=list)


def rewrite(source: str, module: str, moves: Moves) -> str:
    """Return a file's text after the moves.

    `module` is its dotted name before the moves, such as `app.core.seal` or `app.core.__init__`. Raise SyntaxError if
    the text is not valid Python.
    """
    return rewritten(source, module, moves).text


def rewritten(
    source: str, module: str, moves: Moves, exported: frozenset[str] = frozenset(), moved: str = ""
) -> Rewritten:
    """Return a file after the moves, with the number of changes and notes.

    `exported` are names that other files import from this one: its own imports keep these names. `moved` is its new
    dotted name if it does not follow from the old one.
    """
    try:
        wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
        uses = Uses()
        wrapper.visit(uses)
    except (cst.ParserSyntaxError, cst.CSTValidationError) as error:
        raise SyntaxError(str(error)) from error
    place = Place(module)
    bindings = Bindings(uses, place, moves, exported)
    edits = find_edits(bindings, moves) | _published(uses, bindings)
    imports = Imports(bindings, place, Place(moved) if moved else place.moved(moves), moves)
    statements = [(imported.node, imports.rewrite(imported)) for imported in uses.imports]
    changed: Statements = {node: new for node, new in statements if new != [node]}
    if not (edits or changed):
        return Rewritten(source, notes=_notes(uses, bindings, place, moves))
    mark = "\ufeff" * source.startswith("\ufeff")  # LibCST drops it
    if mark + wrapper.module.code != source:
        raise SyntaxError("LibCST does not reproduce the text")
    text = mark + wrapper.module.visit(_Transformer(edits, changed, uses)).code
    count = len(edits) + sum(len(imported.aliases) or 1 for imported in uses.imports if imported.node in changed)
    return Rewritten(text, count, _notes(uses, bindings, place, moves))


class _Transformer(cst.CSTTransformer):
    """Transformer that replaces names and statements."""

    def __init__(self, edits: Edits, statements: Statements, uses: Uses) -> None:
        super().__init__()
        self._edits = edits
        self._statements = statements
        self._strings = uses.types

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._renamed(original_node, updated_node)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return self._renamed(original_node, updated_node)

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        new = self._edits.get(original_node)
        if new is None and original_node in self._strings:
            changed = self._strings[original_node].visit(self)
            assert isinstance(changed, cst.BaseExpression)  # noqa: S101  # the changes keep it an expression
            new = cst.Module([]).code_for_node(changed)
        if new is None or new == original_node.raw_value:
            return updated_node
        quote = updated_node.quote
        return updated_node.with_changes(value=f"{updated_node.prefix}{quote}{new}{quote}")

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> _Line:
        if not any(small in self._statements for small in original_node.body):
            return updated_node
        body = self._body(original_node.body, updated_node.body)
        if len(body) == len(updated_node.body):
            return updated_node.with_changes(body=body)
        lines = [updated_node.with_changes(body=[_ended(small)], leading_lines=()) for small in body]
        first = [line.with_changes(leading_lines=updated_node.leading_lines) for line in lines[:1]]
        return cst.FlattenSentinel([*first, *lines[1:]])

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.SimpleStatementSuite:
        if not any(small in self._statements for small in original_node.body):
            return updated_node
        return updated_node.with_changes(body=self._body(original_node.body, updated_node.body) or [cst.Pass()])

    def _body(
        self, old: Sequence[cst.BaseSmallStatement], new: Sequence[cst.BaseSmallStatement]
    ) -> list[cst.BaseSmallStatement]:
        found: list[cst.BaseSmallStatement] = []
        for before, after in zip(old, new, strict=True):
            small = self._statements.get(before, [after])
            found += [part.with_changes(semicolon=after.semicolon) if len(small) == 1 else part for part in small]
        return found

    def _renamed(self, old: cst.BaseExpression, node: cst.BaseExpression) -> cst.BaseExpression:
        if old not in self._edits:
            return node
        return cst.parse_expression(self._edits[old]).with_changes(lpar=node.lpar, rpar=node.rpar)


def _ended(small: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
    return small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)


def _published(uses: Uses, bindings: Bindings) -> Edits:
    """Return the edits of `__all__`."""
    changed = {binding.local: binding.wish for binding in bindings if binding.is_of_module}
    return {node: changed[name] for node, name in uses.public.items() if changed.get(name, name) != name}


def _notes(uses: Uses, bindings: Bindings, place: Place, moves: Moves) -> list[str]:
    """Return notes on the places that the owner must check."""
    starred = [
        place.source(star.node) for star in uses.imports if star.is_star and isinstance(star.node, cst.ImportFrom)
    ]
    old = {name.rpartition(".")[0] for name in moves.names}
    return [
        *(f"from {module} import *: some of its names have moved" for module in starred if module in old),
        *(f"{name} keeps its name: {moves.apply(f'{place.module}.{name}')} is taken" for name in bindings.refused),
    ]
