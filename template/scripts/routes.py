"""Command to list every route and its callers, read from the code.

    python -m scripts.routes

It needs the settings, but no database.
"""

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import Mount, WebSocketRoute

from app.api.deps import SignedIn, SignedInUser
from app.api.idempotency import declare_key
from app.core.config import ConfigurationError
from app.domain.roles import Role
from app.kit.http.route import BodyLimit, Guard
from app.main import create_app

MOUNT, WEBSOCKET = "MOUNT", "WEBSOCKET"
BY_ROW = "by row: the handler knows the caller, and may hide or refuse rows of others."


class Route(NamedTuple):
    """A route and its callers.

    Attributes:
        method: of HTTP, or WEBSOCKET, or MOUNT for another application.
        path: with its parameters, such as `/api/v1/books/{book_id}`.
        roles: the roles of its callers; None if it needs no sign-in.
        by_row: whether the rows that it shows or changes depend on the caller.
        checks: the names of other dependencies that may refuse a request.
    """

    method: str
    path: str
    roles: frozenset[Role] | None
    by_row: bool
    checks: tuple[str, ...]

    @property
    def callers(self) -> str:
        """The callers, in words."""
        if self.method == MOUNT:
            return "as that application decides"
        words = [_callers(self.roles)]
        words += ["by row"] if self.by_row else []
        words += [f"checked by {name}" for name in self.checks]
        return ", ".join(words)


def routes_of(app: FastAPI) -> list[Route]:
    """Return all routes, by path and method."""
    found = [
        _route(context, method)
        for context in iter_route_contexts(app.routes)
        for method in _methods(context)
    ]
    return sorted(found, key=lambda route: (route.path, route.method))


def describe(routes: list[Route]) -> str:
    """Return a line for each route."""
    method = max(len(route.method) for route in routes)
    path = max(len(route.path) for route in routes)
    lines = [f"{r.method:<{method}}  {r.path:<{path}}  {r.callers}" for r in routes]
    if any(route.by_row for route in routes):
        lines += ["", BY_ROW]
    return "\n".join(lines)


def _methods(context: RouteContext) -> list[str]:
    if isinstance(context.original_route, WebSocketRoute):
        return [WEBSOCKET]
    if isinstance(context.original_route, Mount):
        return [MOUNT]
    # HEAD comes with GET.
    return sorted((context.methods or set()) - {"HEAD"})


def _route(context: RouteContext, method: str) -> Route:
    path = context.path or ""
    dependencies = list(_dependencies(getattr(context, "dependant", None)))
    guards = [each for each in dependencies if isinstance(each.call, Guard)]
    signed_in = [g for g in guards if isinstance(g.call, SignedIn | SignedInUser)]
    # A new row belongs to its creator.
    creates = method == "POST" and "{" not in path
    named = any(g.name not in (None, "_") and not _roles(g.call) for g in signed_in)
    return Route(
        method,
        path,
        _common(signed_in) if signed_in else None,
        named and not creates,
        tuple(_checks(context, guards)),
    )


def _dependencies(dependant: Dependant | None) -> Iterator[Dependant]:
    """Yield the dependencies of a handler, also nested ones."""
    for dependency in dependant.dependencies if dependant else ():
        yield dependency
        yield from _dependencies(dependency)


def _roles(guard: Any) -> tuple[Role, ...]:
    """Return the roles that a guard requires; none if it takes all."""
    return guard.roles if isinstance(guard, SignedIn) else ()


def _common(guards: list[Dependant]) -> frozenset[Role]:
    """Return the roles that pass all guards."""
    return frozenset(Role).intersection(*(_roles(g.call) or Role for g in guards))


def _checks(context: RouteContext, guards: list[Dependant]) -> Iterator[str]:
    """Yield the names of other guards, and of dependencies without a result."""
    for guard in guards:
        if type(guard.call) not in (SignedIn, SignedInUser):
            yield type(guard.call).__name__
    for call in (each.dependency for each in getattr(context, "dependencies", ())):
        if call is not declare_key and not isinstance(call, Guard | BodyLimit):
            yield getattr(call, "__name__", type(call).__name__)


def _callers(roles: frozenset[Role] | None) -> str:
    if roles is None:
        return "anyone"
    if roles == frozenset(Role):
        return "signed-in users"
    plurals = [f"{role.replace('_', ' ')}s" for role in Role if role in roles]
    return " and ".join(plurals) or "nobody"


if __name__ == "__main__":
    try:
        print(describe(routes_of(create_app())))
    except ConfigurationError as error:
        sys.exit(str(error))
