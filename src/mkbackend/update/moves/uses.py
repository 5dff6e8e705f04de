"""Uses and imports of names in a file."""

from collections import defaultdict

import libcst as cst
from libcst import matchers
from libcst.metadata import ClassScope, ComprehensionScope, Scope

from mkbackend.update.moves.scopes import Imported, Use, is_read
from mkbackend.update.moves.strings import Strings

# Statements whose body may not run, and those with a body of their own.
_BRANCHES = (cst.If, cst.Try, cst.TryStar, cst.For, cst.While, cst.With, cst.Match)
_BODIES = (cst.FunctionDef, cst.ClassDef)


class Uses(Strings):
    """Visitor that collects the names that a file uses, and its imports.

    It adds the bindings that LibCST misses: captures in patterns, and `:=` in comprehensions.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: list[Use] = []
        self.imports: list[Imported] = []
        self._bound: dict[Scope, set[str]] = defaultdict(set)
        self._branches: list[int] = [0]

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        nodes = [node]
        value = node.value
        while isinstance(value, cst.Attribute):
            nodes.append(value)
            value = value.value
        if isinstance(value, cst.Name):
            self._take(value, *reversed(nodes))
        else:
            with self._hinting(False):
                value.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self._take(node)

    def visit_Import(self, node: cst.Import) -> bool:
        self._import(node)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        self._import(node)
        return False

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._bind_here(original_node, original_node.name)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._bind_here(original_node, original_node.name)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _BODIES):
            self._branches.append(0)
        self._branches[-1] += isinstance(node, _BRANCHES)
        return super().on_visit(node)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        super().on_leave(original_node)
        self._branches[-1] -= isinstance(original_node, _BRANCHES)
        if isinstance(original_node, _BODIES):
            self._branches.pop()

    def leave_Assign(self, original_node: cst.Assign) -> None:
        for target in original_node.targets:
            self._bind_here(original_node, target.target)

    def leave_AnnAssign(self, original_node: cst.AnnAssign) -> None:
        if original_node.value:
            self._bind_here(original_node, original_node.target)

    def visit_Global(self, node: cst.Global) -> bool:
        self.names += [Use((item.name,), self.scope_of(node), self._order()) for item in node.names]
        return False

    def visit_Nonlocal(self, node: cst.Nonlocal) -> bool:
        return False

    def visit_TypeVar(self, node: cst.TypeVar) -> bool:
        if node.bound:
            node.bound.visit(self)
        return False

    def visit_TypeVarTuple(self, node: cst.TypeVarTuple) -> bool:
        return False

    def visit_ParamSpec(self, node: cst.ParamSpec) -> bool:
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_MatchKeywordElement(self, node: cst.MatchKeywordElement) -> bool:
        node.pattern.visit(self)
        return False

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        self._bind(node.name)

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        self._bind(node.name)

    def visit_MatchMapping(self, node: cst.MatchMapping) -> None:
        self._bind(node.rest)

    def visit_ListComp(self, node: cst.ListComp) -> None:
        self._lift(node)

    def visit_SetComp(self, node: cst.SetComp) -> None:
        self._lift(node)

    def visit_DictComp(self, node: cst.DictComp) -> None:
        self._lift(node)

    def visit_GeneratorExp(self, node: cst.GeneratorExp) -> None:
        self._lift(node)

    def _lift(self, comprehension: cst.CSTNode) -> None:
        """Bind the targets of `:=` in the scope around a comprehension."""
        for node in matchers.findall(comprehension, matchers.NamedExpr(target=matchers.Name())):
            name = cst.ensure_type(cst.ensure_type(node, cst.NamedExpr).target, cst.Name)
            scope = self.scope_of(name)
            while isinstance(scope, ComprehensionScope):
                scope._assignments.pop(name.value, None)
                scope = scope.parent
            scope.record_assignment(name.value, name)

    def _bind(self, name: cst.Name | None) -> None:
        if name:
            self.scope_of(name).record_assignment(name.value, name)

    def _bind_here(self, node: cst.CSTNode, target: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name):
            self._bound[self.scope_of(node)].add(target.value)

    def _take(self, name: cst.Name, *attributes: cst.Attribute) -> None:
        scope = self.scope_of(name)
        is_early = isinstance(scope, ClassScope) and name.value not in self._bound[scope] and is_read(name, scope)
        self.names.append(Use((name, *attributes), scope, self._order(), is_early))

    def _import(self, node: cst.Import | cst.ImportFrom) -> None:
        self.imports.append(Imported(node, self.scope_of(node), self._order(), not self._branches[-1]))

    def _order(self) -> int:
        return len(self.names) + len(self.imports)
