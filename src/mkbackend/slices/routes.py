"""The routes of a slice and their callers, read from its router."""

import ast
import re
from collections.abc import Iterable
from typing import NamedTuple

from mkbackend.slices.resource.rights import Rights

_METHODS = ("get", "post", "put", "patch", "delete")
_ADMIN, _CALLER = "AdminUser", "CurrentCaller"
_ROLES = "require_role"
_MEMBER = re.compile(r"Role\.(\w+)")


class Route(NamedTuple):
    """A route and its callers."""

    method: str
    path: str
    callers: str


def routes_of(router: str, prefix: str, rights: Rights) -> list[Route]:
    """Return the routes in the text of a router; they follow the prefix, or have whole paths if it is empty."""
    tree = ast.parse(router)
    roles = _roles(tree)
    return [
        Route(method.upper(), prefix + path, _callers(handler, method, path, roles, rights))
        for handler in tree.body
        if isinstance(handler, ast.AsyncFunctionDef)
        for method, path in _routes(handler)
    ]


def _routes(handler: ast.AsyncFunctionDef) -> list[tuple[str, str]]:
    """Return method and path of each decorator such as `@router.get("/{id}")`."""
    return [
        (call.func.attr, str(path.value))
        for call in handler.decorator_list
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS
        for path in call.args[:1]
        if isinstance(path, ast.Constant)
    ]


def _roles(tree: ast.Module) -> dict[str, str]:
    """Return the callers of each annotation of the module, such as `AdminOrModerator`."""
    found = {_ADMIN: "admins"}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _ROLES in (source := ast.unparse(value)):
                found[name] = _people(_MEMBER.findall(source))
    return found


def _people(roles: Iterable[str]) -> str:
    return " and ".join(f"{role.lower().replace('_', ' ')}s" for role in roles)


def _callers(handler: ast.AsyncFunctionDef, method: str, path: str, roles: dict[str, str], rights: Rights) -> str:
    """Return the callers of a handler: its parameters check the caller, and an own row its owner."""
    guards = {ast.unparse(argument.annotation) for argument in handler.args.args if argument.annotation}
    if asked := [callers for name, callers in roles.items() if name in guards]:
        return asked[0]
    if _CALLER not in guards:
        return "anyone"
    reads = method == "get"
    if not (rights.private if reads else rights.owned) or (method == "post" and not path):
        return "signed-in users"
    others = _people(rights.readers if reads else rights.writers)
    is_list = not path or handler.name.startswith("list_")
    return f"signed-in users (own rows), {others}" if is_list else f"its owner, {others}"
