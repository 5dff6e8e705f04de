"""Router of a slice."""

from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.api.deps import get_db, get_scope
from app.api.idempotency import IdempotentRoute
from app.kit.http.route import ScopedRoute


class SliceRouter(APIRouter):
    """APIRouter whose routes open a scope and accept an Idempotency-Key."""

    def __init__(
        self, *, route_class: type[APIRoute] = IdempotentRoute, **options: Any
    ) -> None:
        super().__init__(route_class=route_class, **options)


def check_routes(router: APIRouter) -> None:
    """Check that routes which depend on the scope open one.

    Raises:
        TypeError: a route depends on the scope and opens none.
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
