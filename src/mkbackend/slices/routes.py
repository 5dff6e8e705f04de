"""The routes of a slice and their callers, read from its router."""

import ast
from typing import NamedTuple

_METHODS = ("get", "post", "put", "patch", "delete")
_ADMIN, _CALLER = "AdminUser", "CurrentCaller"


class Route(NamedTuple):
    """A route and its callers."""

    method: str
    path: str
    callers: str


def routes_of(router: str, prefix: str, *, owned: bool) -> list[Route]:
    """Return the routes in the text of a router; the rows of an `owned` slice are their owner's."""
    return [
        Route(method.upper(), prefix + path, _callers(handler, path, owned=owned))
        for handler in ast.walk(ast.parse(router))
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


def _callers(handler: ast.AsyncFunctionDef, path: str, *, owned: bool) -> str:
    """Return the callers of a handler: its parameters check the caller, and an owned row its owner."""
    guards = {ast.unparse(argument.annotation) for argument in handler.args.args if argument.annotation}
    if _ADMIN in guards:
        return "admins"
    if _CALLER not in guards:
        return "anyone"
    if not owned or handler.name.startswith("create_"):
        return "signed-in users"
    return "its owner, admins" if path else "signed-in users (own rows), admins"
