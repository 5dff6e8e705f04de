"""Edits of a file: nodes and their new names."""

import libcst as cst

from mkbackend.update.moves.bindings import Binding, Bindings
from mkbackend.update.moves.scopes import Use
from mkbackend.update.moves.table import Moves

Edits = dict[cst.CSTNode, str]


def find_edits(bindings: Bindings, moves: Moves) -> Edits:
    """Return the new dotted name of each node; update the bindings' `extra` and `is_left`."""
    edits: Edits = {}
    for binding in bindings:
        beyond = [use for use in binding.uses if _edit(use, binding, bindings, moves, edits)]
        is_free = not (binding.is_dotted or bindings.is_public(binding))
        binding.is_left = bool(beyond) and len(beyond) == len(binding.uses) and is_free
    return edits


def _edit(use: Use, binding: Binding, bindings: Bindings, moves: Moves, edits: Edits) -> bool:
    """Add the edit of a use; return whether it no longer needs the binding."""
    target = binding.target_of(use)
    key = moves.key(".".join([target, *use.attributes])) if target and binding.is_import else ""
    if binding.is_dotted and key:
        return _edit_dotted(use, binding, key, moves, edits)
    if len(key) <= len(target) or moves.all[key] == moves.apply(target) + key.removeprefix(target):
        if binding.wish != binding.local:
            edits[use.nodes[0]] = binding.wish
        return False
    node, new, inside = use.nodes[_depth(key, target)], moves.all[key], moves.apply(target)
    if new.startswith(f"{inside}."):
        edits[node] = binding.wish + new.removeprefix(inside)
        return False
    needed = new if key in moves.modules else new.rpartition(".")[0]
    edits[node] = _bring(needed, binding, bindings) + new.removeprefix(needed)
    return True


def _edit_dotted(use: Use, binding: Binding, key: str, moves: Moves, edits: Edits) -> bool:
    """Add the edit of `a.b.c` with `import a.b`; return whether it no longer needs the binding."""
    new, depth = moves.all[key], _depth(key, binding.local)
    if new == key or depth >= len(use.nodes):
        return False
    edits[use.nodes[depth]] = new
    needed = new if key in moves.modules else new.rpartition(".")[0]
    binding.extra[needed] = ""
    return not new.startswith(f"{binding.wish}.")


def _bring(module: str, binding: Binding, bindings: Bindings) -> str:
    """Return the local name of a module, adding it to the binding's extra imports if necessary."""
    if module not in binding.extra:
        there = bindings.local(module, binding.scope)
        if there:
            return there
        names, short = bindings.names(), module.rpartition(".")[2]
        while short in names:
            short = f"{module.replace('.', '_')}" if short in module.split(".") else f"{short}_"
        binding.extra[module] = short
    return binding.extra[module]


def _depth(key: str, target: str) -> int:
    return key.count(".") - target.count(".")
