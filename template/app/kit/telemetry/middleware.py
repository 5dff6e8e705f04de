"""Middleware for metrics and traces."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.http import METHODS

# Labels for other methods and for requests without a route: clients could invent any
# number of them.
OTHER = "_OTHER"
NO_ROUTE = "none"

# Takes method and headers; yields a function that takes route and status.
Watch = Callable[
    [str, Mapping[str, str]], AbstractContextManager[Callable[[str, int], None]]
]


class TelemetryMiddleware:
    """Middleware that reports method, route and status of requests, never content."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self.app = app
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watch a request until its response is sent."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else OTHER
        with self.watch(method, Headers(scope=scope)) as answered:
            try:
                await self.app(scope, receive, send_noting_status)
            finally:
                answered(_route(scope), status)


def _route(scope: Scope) -> str:
    """Return the route as declared, `/api/v1/users/{user_id}`, never a path."""
    # For a nested router, FastAPI keeps the full route separately.
    whole = scope.get("fastapi", {}).get("effective_route_context")
    return getattr(whole or scope.get("route"), "path_format", NO_ROUTE)
