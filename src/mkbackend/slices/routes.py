"""The routes of a slice and their callers, read from its router."""

import ast
import re
from typing import NamedTuple

_METHODS = ("get", "post", "put", "patch", "delete")
_ADMIN, _CALLER = "AdminUser", "CurrentCaller"
_ROLES = "require_role"
_MEMBER = re.compile(r"Role\.(\w+)")


class Route(NamedTuple):
    """A route and its callers."""

    method: str
    path: str
    callers: str


def routes_of(router: str, prefix: str, *, owned: bool, private: bool) -> list[Route]:
    """Return the routes in the text of a router.

    Args:
        router: the text.
        prefix: the path of the list, which the routes follow; empty if they have whole paths.
        owned: only its owner changes a row.
        private: only its owner reads a row.
    """
    tree = ast.parse(router)
    roles = _roles(tree)
    return [
        Route(
            method.upper(), prefix + path, _callers(handler, method, path, roles, owned if method != "get" else private)
        )
        for handler in ast.walk(tree)
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
                found[name] = " and ".join(f"{role.lower().replace('_', ' ')}s" for role in _MEMBER.findall(source))
    return found


def _callers(handler: ast.AsyncFunctionDef, method: str, path: str, roles: dict[str, str], own: bool) -> str:
    """Return the callers of a handler: its parameters check the caller, and an own row its owner."""
    guards = {ast.unparse(argument.annotation) for argument in handler.args.args if argument.annotation}
    if asked := [callers for name, callers in roles.items() if name in guards]:
        return asked[0]
    if _CALLER not in guards:
        return "anyone"
    if not own or (method == "post" and not path):
        return "signed-in users"
    return "its owner, admins" if path else "signed-in users (own rows), admins"
