"""Idempotency-Key: a POST that is sent twice runs once.

Every POST of a `SliceRouter` accepts one, except with `openapi_extra=PUBLIC`, where the
caller is unknown, or `NO_REPLAY`, where the response has a secret: responses are stored
for a day.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.params import Depends as DependsOn

from app.api.deps import CurrentCaller
from app.api.openapi import declines_key
from app.container import RequestScope
from app.core.exceptions import AppException, ForbiddenException, UnauthorizedException
from app.kit.http.route import Handler, ScopedRoute
from app.service.idempotency_service import Answer, Call

KEY = "Idempotency-Key"
IS_KEY = re.compile(r"[\x21-\x7e]{1,255}")
# Headers to store; all others depend on the transfer.
KEPT_HEADERS = ("content-type", "etag", "location", "retry-after")


async def declare_key(
    _: CurrentCaller,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=KEY,
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="A unique value, such as a UUID. Reuse it to retry a request",
        ),
    ] = None,
) -> None:
    """Declare the header, and require a signed-in caller."""


DEPENDENCY = Depends(declare_key)


class IdempotentRoute(ScopedRoute):
    """Route that stores the response of a POST with a key, in its transaction."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: set[str] | list[str] | None = None,
        dependencies: Sequence[DependsOn] | None = None,
        openapi_extra: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        dependencies = list(dependencies or ())
        is_post = "POST" in (methods or ())
        self.takes_key = is_post and not declines_key(openapi_extra or {})
        # include_router may recreate a route with its dependencies.
        if self.takes_key and DEPENDENCY not in dependencies:
            dependencies.append(DEPENDENCY)
        options |= {"methods": methods, "openapi_extra": openapi_extra}
        super().__init__(path, endpoint, dependencies=dependencies, **options)

    async def receive(self, request: Request) -> None:
        """Receive the body; with a key, also where FastAPI does not parse it."""
        await super().receive(request)
        if self.takes_key and KEY in request.headers:
            await request.body()

    async def answer(self, request: Request, handle: Handler) -> Response:
        """Answer a request that passed the guards; with a key, replay or store."""
        if (call := await self._call(request)) is None:
            return await handle(request)
        scope: RequestScope = request.state.scope
        if (earlier := await scope.idempotency.begin(call)) is not None:
            return _again(earlier)
        scope.unit.renewing(partial(scope.idempotency.renew, call))
        try:
            response = await handle(request)
        except AppException as error:
            if not _may_succeed_later(error):
                refusal = await request.app.exception_handlers[AppException](
                    request, error
                )
                keep = scope.idempotency.keep_refusal
                error.remembering(partial(keep, call, _answer(refusal)))
            raise
        await scope.idempotency.keep(call, _answer(response))
        return response

    async def _call(self, request: Request) -> Call | None:
        """Return the call that a retry would repeat, if the request has a key."""
        if not self.takes_key:
            return None
        caller, key = request.state.scope.caller, request.headers.get(KEY, "")
        # FastAPI refuses invalid keys; a test may have overridden the guard.
        if not (caller and IS_KEY.fullmatch(key)):
            return None
        content = request.url.query.encode() + b"\n" + await request.body()
        return Call(caller.id, request.method, request.url.path, key, content)


def _may_succeed_later(error: AppException) -> bool:
    """Return whether a retry may succeed: after a new sign-in, a failure or a wait."""
    caller = isinstance(error, UnauthorizedException | ForbiddenException)
    return caller or bool(error.retry_after) or error.status_code >= 500


def _answer(response: Response) -> Answer:
    if not hasattr(response, "body"):
        raise TypeError(
            f"Cannot store a {type(response).__name__} for {KEY}: declare the route "
            "with openapi_extra=NO_REPLAY"
        )
    kept = {k: v for k, v in response.headers.items() if k in KEPT_HEADERS}
    return Answer(response.status_code, kept, bytes(response.body))


def _again(answer: Answer) -> Response:
    headers = {**answer.headers, "Idempotency-Replayed": "true"}
    return Response(answer.body, answer.status, headers)
