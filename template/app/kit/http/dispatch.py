"""Dispatch of requests to the few routes that can match them."""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from copy import copy
from inspect import signature
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from app.kit.http.proxies import route_path

Responses = Mapping[int | str, dict[str, Any]]
# First segment and number of slashes, of a path and of routes that can match it
Key = tuple[str, int]

# Features of newer FastAPI that only include_router carries over.
SPECIAL = {"form_limits", "max_body_size", "stream_item_type"}
# Options that a route keeps when it is added to another router.
KEPT = (
    signature(APIRouter.add_api_route).parameters.keys()
    - {"self", "path", "endpoint"}
    - SPECIAL
)

_selected: ContextVar[str | None] = ContextVar("selected", default=None)


class Dispatch(BaseRoute):
    """A route in front of others that tries only those that can match.

    FastAPI tries all routes in turn, and those of an included router twice. This tries
    the routes that share the path's first segment after the prefix and its number of
    segments. The routes stay in the application, for OpenAPI and `url_path_for`.
    """

    def __init__(self, prefix: str, routes: Sequence[BaseRoute]) -> None:
        self._prefix = f"{prefix}/"
        keyed = [(self._key(r.path), r) for r in routes if isinstance(r, APIRoute)]
        self._routes = {
            key: _by_method([r for each, r in keyed if each == key or _varies(each, r)])
            for key, route in keyed
            if not _varies(key, route)
        }

    @property
    def path_format(self) -> str | None:
        """The path of the selected route, for FastAPI's own instrumentation."""
        return _selected.get()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return the first full match, else the first match of another method."""
        routes = self._routes.get(self._key(route_path(scope)), {})
        method = scope.get("method", "")
        for route in routes.get(method) or routes.get("", ()):
            match, child_scope = route.matches(scope)
            if match is not Match.NONE:
                _selected.set(route.path_format)
                return match, child_scope
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the selected route."""
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        """Raise NoMatchFound: the routes themselves are searched."""
        raise NoMatchFound(name, path_params)

    def _key(self, path: str) -> Key:
        """Return the first segment after the prefix, and how many slashes follow."""
        if not path.startswith(self._prefix):
            return "", 0
        rest = path[len(self._prefix) :]
        return rest.partition("/")[0], rest.count("/")


def _by_method(routes: Sequence[APIRoute]) -> Mapping[str, Sequence[APIRoute]]:
    """Return the order in which to try routes: those with the method come first."""
    methods = {each for route in routes for each in route.methods or ()}
    return {
        method: sorted(routes, key=lambda route: method not in (route.methods or ()))
        for method in ("", *methods)
    }


def _varies(key: Key, route: APIRoute) -> bool:
    """Return whether a parameter is the first segment, or may contain slashes."""
    segment, _ = key
    return not segment or "{" in segment or ":" in route.path


def add_routers(
    app: FastAPI, routers: Iterable[APIRouter], prefix: str, responses: Responses
) -> None:
    """Add the routes of routers to the application, with a dispatch before them."""
    first = len(app.routes)
    for router in routers:
        _add_router(app, router, prefix, responses)
    app.routes.insert(first, Dispatch(prefix, app.routes[first:]))


def _add_router(
    app: FastAPI, router: APIRouter, prefix: str, responses: Responses
) -> None:
    """Add plain routes one by one; include_router adds the rest.

    The rest: WebSockets, mounts, nested routers, and startup and shutdown functions.
    """
    rest = copy(router)
    rest.routes = []
    for route in router.routes:
        if isinstance(route, APIRoute) and not _is_special(router, route):
            _add_route(app, route, prefix, responses)
        else:
            rest.routes.append(route)
    app.include_router(rest, prefix=prefix, responses=dict(responses))


def _is_special(*parts: APIRouter | APIRoute) -> bool:
    return any(getattr(part, name, None) for part in parts for name in SPECIAL)


def _add_route(
    app: FastAPI, route: APIRoute, prefix: str, responses: Responses
) -> None:
    kept = {name: getattr(route, name) for name in KEPT if hasattr(route, name)}
    kept |= {
        "responses": {**responses, **route.responses},
        "route_class_override": type(route),
    }
    app.router.add_api_route(prefix + route.path, route.endpoint, **kept)
