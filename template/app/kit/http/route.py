"""Routes that run each request in a unit of work."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from app.core.context import RequestContext
from app.utils.addresses import client_address

SAFE_METHODS = ("GET", "HEAD")
Handler = Callable[[Request], Awaitable[Response]]


class Host(Protocol):
    """Interface of `app.state.container`, which opens units of work."""

    def open_scope(
        self, context: RequestContext, *, reads: bool = False
    ) -> AbstractAsyncContextManager[Any]: ...


class Guard(SecurityBase):
    """A dependency that can refuse a request.

    Attributes:
        order: guards with a lower order run first.
    """

    order: int = 1

    async def __call__(self, connection: HTTPConnection) -> Any:
        """Return the caller, or raise an error."""
        raise NotImplementedError


class ScopedRoute(APIRoute):
    """Route that runs each request in a scope.

    1. Receive the body, if FastAPI parses it; no connection is held yet.
    2. Open the scope as `request.state.scope`, and run the guards.
    3. Have FastAPI parse, validate, call the handler and build the response.
    4. Commit, or roll back on an error. GET and HEAD only read.
    5. Send the response.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()
        guards = dict.fromkeys(_guards(self.dependant))
        in_order = sorted(guards, key=lambda guard: guard.order)

        async def handler(request: Request) -> Response:
            await self.receive(request)
            host: Host = request.app.state.container
            reads = request.method in SAFE_METHODS
            async with host.open_scope(request_context(request), reads=reads) as scope:
                request.state.scope = scope
                for guard in in_order:
                    if guard not in request.app.dependency_overrides:
                        await guard(request)
                return await self.answer(request, handle)

        return handler

    async def receive(self, request: Request) -> None:
        """Receive the body before a connection is held, unless it is streamed."""
        if self.body_field is not None:
            await request.body()

    async def answer(self, request: Request, handle: Handler) -> Response:
        """Answer within the scope; writes here are committed with the rest."""
        return await handle(request)


def request_context(connection: HTTPConnection) -> RequestContext:
    """Return the client address and the request id."""
    address = client_address(connection.client.host if connection.client else "")
    return RequestContext(address, connection.state.request_id)


def _guards(dependant: Dependant) -> Iterator[Guard]:
    """Yield the guards of a route, also of nested dependencies."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Guard):
            yield dependency.call
        yield from _guards(dependency)
