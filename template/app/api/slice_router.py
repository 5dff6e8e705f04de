"""The router of a slice."""

from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from app.api.deps import get_db, get_scope
from app.api.idempotency import IdempotentRoute
from app.kit.http.route import ScopedRoute


class SliceRouter(APIRouter):
    """An APIRouter that costs other slices nothing.

    To find a route, FastAPI tries all routes of all routers, and does so again within
    each router around them. This one passes over the paths of others at a glance, and
    remembers what it answered about this request.
    """

    def __init__(
        self, *, route_class: type[APIRoute] = IdempotentRoute, **options: Any
    ) -> None:
        super().__init__(route_class=route_class, **options)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the path and the method of a request are one of ours."""
        if self.prefix not in scope["path"]:
            return Match.NONE, {}
        answers: dict[object, tuple[Match, Scope]]
        answers = scope.setdefault("app.slices", {})
        asked = (id(self), scope["path"], scope.get("method"))
        if asked not in answers:
            answers[asked] = super().matches(scope)
        return answers[asked]


def check_routes(router: APIRouter) -> None:
    """Check that the routes which depend on the scope have one.

    Raises:
        TypeError: one is not made by a route class that opens it.
    """
    for route in router.routes:
        if not isinstance(route, APIRoute) or isinstance(route, ScopedRoute):
            continue
        if _needs_scope(route.dependant):
            raise TypeError(
                f"{route.path} ({route.endpoint.__module__}) depends on the scope, "
                "which an APIRouter does not open: declare it on a SliceRouter."
            )


def _needs_scope(dependant: Dependant) -> bool:
    return any(
        dependency.call in (get_scope, get_db) or _needs_scope(dependency)
        for dependency in dependant.dependencies
    )
