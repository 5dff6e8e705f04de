"""Routes that run each request in a unit of work."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, Protocol

from fastapi import Request, Response, params
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


class BodyLimit:
    """A dependency that replaces MAX_BODY_SIZE for a route or a router.

    The last one counts, so a route can override its router: `Depends(BodyLimit(4096))`.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    async def __call__(self, request: Request) -> None:
        """Set the limit, in bytes."""
        request.state.body_limit = self.size


class ScopedRoute(APIRoute):
    """Route that runs each request in a scope.

    1. Receive the body, if FastAPI parses it; no connection is held yet.
    2. Open the scope as `request.state.scope`, and run the guards.
    3. Release the connection if a thread or the client is waited for next. Have FastAPI
       parse, validate, call the handler and build the response.
    4. Commit, or roll back on an error. GET and HEAD only read.
    5. Send the response.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Wrap FastAPI's handler."""
        handle: Handler = super().get_route_handler()
        if self._waits():
            handle = _releasing(handle)
        guards = dict.fromkeys(_dependencies(self.dependant, Guard))
        in_order = sorted(guards, key=lambda guard: guard.order)
        limits = list(_dependencies(self.dependant, BodyLimit))

        async def handler(request: Request) -> Response:
            for limit in limits:
                await limit(request)
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

    def _waits(self) -> bool:
        """Return whether something slow may come before the handler's first query.

        That is a plain function, which runs in a thread, the files of a form, or a body
        that the handler or a dependency receives by itself.
        """
        calls = list(_calls(self.dependant))
        if not all(_is_async(each.call) for each in calls):
            return True
        if self.body_field is not None:
            return isinstance(self.body_field.field_info, params.Form)
        writes = not {*SAFE_METHODS}.issuperset(self.methods or ())
        return writes and any(each.request_param_name for each in calls)

    async def answer(self, request: Request, handle: Handler) -> Response:
        """Answer within the scope; writes here are committed with the rest."""
        return await handle(request)


def _releasing(handle: Handler) -> Handler:
    """Release the connection of the guards and of `answer` first."""

    async def release_and_handle(request: Request) -> Response:
        await request.state.scope.unit.release()
        return await handle(request)

    return release_and_handle


def request_context(connection: HTTPConnection) -> RequestContext:
    """Return the client address and the request id."""
    address = client_address(connection.client.host if connection.client else "")
    return RequestContext(address, connection.state.request_id)


def _dependencies[Kind](dependant: Dependant, kind: type[Kind]) -> Iterator[Kind]:
    """Yield the dependencies of one kind, also nested ones, in their order."""
    for each in _calls(dependant):
        if isinstance(each.call, kind):
            yield each.call


def _calls(dependant: Dependant) -> Iterator[Dependant]:
    """Yield the handler and its dependencies, also nested ones."""
    yield dependant
    for dependency in dependant.dependencies:
        yield from _calls(dependency)


def _is_async(call: object) -> bool:
    """Return whether FastAPI awaits a function; it runs the others in threads."""
    functions = (call, type(call).__call__)
    return any(iscoroutinefunction(f) or isasyncgenfunction(f) for f in functions)
