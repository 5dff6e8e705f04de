"""Requests are counted and traced, each where a setting asks for it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.http import METHODS

# For any other method, and for requests that no route answers: callers could make up
# as many as they like.
OTHER = "_OTHER"
NO_ROUTE = "none"

# Surrounds a request, by its method and headers, and is told its route and status.
Watch = Callable[
    [str, Mapping[str, str]], AbstractContextManager[Callable[[str, int], None]]
]


class TelemetryMiddleware:
    """Tells who watches of each request: names and numbers, never what is in it."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self.app = app
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request be watched until its answer is sent."""
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
    """Give the route as it was declared, `/api/v1/users/{user_id}`, never a path."""
    # Of a router within another, FastAPI keeps the whole apart from the route itself.
    whole = scope.get("fastapi", {}).get("effective_route_context")
    return getattr(whole or scope.get("route"), "path_format", NO_ROUTE)
