"""Strings that contain names: type annotations such as "User | None", and `__all__`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import Scope, ScopeProvider

_GENERIC = {
    *("Annotated", "Callable", "ClassVar", "Concatenate", "Final", "Mapped", "NotRequired", "Optional", "ReadOnly"),
    *("Required", "TypeGuard", "TypeIs", "Union", "Unpack", "dict", "frozenset", "list", "set", "tuple", "type"),
    *("AsyncGenerator", "AsyncIterable", "AsyncIterator", "Awaitable", "Collection", "Coroutine", "Generator"),
    *("Iterable", "Iterator", "Mapping", "MutableMapping", "Sequence"),
}
_TYPE_ARGUMENTS = {"cast": slice(0, 1), "NewType": slice(1, 2), "TypeVar": slice(1, None), "TypeAliasType": slice(1, 2)}


class Strings(cst.CSTVisitor):
    """Visitor that collects type annotations in strings, parsed and visited like code, and the names of `__all__`."""

    METADATA_DEPENDENCIES = (ScopeProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.types: dict[cst.SimpleString, cst.BaseExpression] = {}
        self.public: dict[cst.SimpleString, str] = {}
        self._hint = [False]
        self._scope: Scope | None = None

    def visit_Annotation(self, node: cst.Annotation) -> bool:
        with self._hinting(True):
            node.annotation.visit(self)
        return False

    def visit_TypeAlias(self, node: cst.TypeAlias) -> bool:
        with self._inside(node):
            node.name.visit(self)
        with self._hinting(True):
            self._visit([*([node.type_parameters] if node.type_parameters else []), node.value])
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self._visit([node.name, *node.decorators, *node.keywords])
        with self._hinting(True):
            self._visit([*([node.type_parameters] if node.type_parameters else []), *node.bases])
        node.body.visit(self)
        return False

    def visit_Subscript(self, node: cst.Subscript) -> bool:
        node.value.visit(self)
        kind = (get_full_name_for_node(node.value) or "").rpartition(".")[2]
        is_hint = kind != "Literal" and (self._hint[-1] or kind in _GENERIC)
        for number, element in enumerate(node.slice):
            with self._hinting(is_hint and not (kind == "Annotated" and number)):
                element.visit(self)
        return False

    def visit_Call(self, node: cst.Call) -> bool:
        node.func.visit(self)
        kind = (get_full_name_for_node(node.func) or "").rpartition(".")[2]
        types = node.args[_TYPE_ARGUMENTS[kind]] if kind in _TYPE_ARGUMENTS else ()
        for argument in node.args:
            with self._hinting(argument in types):
                argument.visit(self)
        return False

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        value = node.evaluated_value
        if not self._hint[-1] or not isinstance(value, str) or value != node.raw_value:
            return
        try:
            parsed = cst.parse_expression(value)
        except cst.ParserSyntaxError:
            return
        self.types[node] = parsed
        with self._inside(node):
            parsed.visit(self)

    def visit_Assign(self, node: cst.Assign) -> None:
        if any(get_full_name_for_node(target.target) == "__all__" for target in node.targets):
            self._publish(node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if get_full_name_for_node(node.target) == "__all__" and node.value:
            self._publish(node.value)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        if get_full_name_for_node(node.target) == "__all__":
            self._publish(node.value)

    def _publish(self, value: cst.BaseExpression) -> None:
        elements = value.elements if isinstance(value, cst.List | cst.Tuple) else ()
        for text in (element.value for element in elements):
            if isinstance(text, cst.SimpleString) and isinstance(text.evaluated_value, str):
                self.public[text] = text.evaluated_value

    def _visit(self, nodes: Sequence[cst.CSTNode]) -> None:
        for node in nodes:
            node.visit(self)

    def scope_of(self, node: cst.CSTNode) -> Scope:
        """Return the scope of a node; for nodes in a string, the scope of the string."""
        if self._scope is not None:
            return self._scope
        scope = self.get_metadata(ScopeProvider, node, None)
        if scope is None:
            raise TypeError(f"{type(node).__name__} has no scope")
        return scope

    @contextmanager
    def _inside(self, node: cst.CSTNode) -> Iterator[None]:
        """Resolve names in the scope of a node, for parsed strings, which have none in LibCST."""
        outer, self._scope = self._scope, self.scope_of(node)
        yield
        self._scope = outer

    @contextmanager
    def _hinting(self, is_hint: bool) -> Iterator[None]:
        self._hint.append(is_hint)
        yield
        self._hint.pop()
