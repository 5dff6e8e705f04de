"""Idempotency-Key: a POST that is sent twice is done once.

`SliceRouter(route_class=IdempotentRoute)` gives it to each POST of a slice, but for
those that declare `openapi_extra=PUBLIC`, whose callers are unknown, or `NO_REPLAY`:
answers are kept for a day, and secrets must not be.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.params import Depends as DependsOn
from fastapi.routing import APIRoute

from app.api.deps import CurrentUser, ScopeDep
from app.api.openapi import declines_key
from app.core.exceptions import AppException, ForbiddenException
from app.service.idempotency_service import Answer, Call, IdempotencyService

# Headers that belong to an answer; all others belong to how it was sent.
KEPT_HEADERS = ("content-type", "etag", "location", "retry-after")
Claim = tuple[IdempotencyService, Call]


class AnsweredError(Exception):
    """The request was answered before."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


async def claim(
    request: Request,
    user: CurrentUser,
    scope: ScopeDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Any new text, such as a UUID; the same one repeats a request",
        ),
    ] = None,
) -> None:
    """Claim the call for this request, if it has a key."""
    if idempotency_key is None:
        return
    content = request.url.query.encode() + b"\n" + await request.body()
    call = Call(user.id, request.method, request.url.path, idempotency_key, content)
    if (answer := await scope.idempotency.begin(call)) is not None:
        raise AnsweredError(answer)
    request.state.claim = (scope.idempotency, call)


DEPENDENCY = Depends(claim)


class IdempotentRoute(APIRoute):
    """Keeps the answer of a POST, before its transaction is committed."""

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
        takes_key = "POST" in (methods or ()) and not declines_key(openapi_extra or {})
        # Including a router may make its routes anew, with what they depend on.
        if takes_key and DEPENDENCY not in dependencies:
            dependencies.append(DEPENDENCY)
        options |= {"methods": methods, "openapi_extra": openapi_extra}
        super().__init__(path, endpoint, dependencies=dependencies, **options)

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Wrap the handler: here the transaction is still open."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                response = await handle(request)
            except AnsweredError as earlier:
                return _again(earlier.answer)
            except AppException as error:
                return await _keep_refusal(request, error)
            await _keep(request, response, keeps_changes=True)
            return response

        return handler


async def _keep_refusal(request: Request, error: AppException) -> Response:
    """Keep a refusal too; not that of a role, which may be given, nor a failure."""
    claimed = hasattr(request.state, "claim")
    if not claimed or isinstance(error, ForbiddenException) or error.status_code >= 500:
        raise error
    answer: Callable[..., Awaitable[Response]]
    answer = request.app.exception_handlers[AppException]
    response = await answer(request, error)
    await _keep(request, response, keeps_changes=error.keeps_changes)
    return response


async def _keep(request: Request, response: Response, *, keeps_changes: bool) -> None:
    given: Claim | None = getattr(request.state, "claim", None)
    if given is None:
        return
    service, call = given
    kept = {k: v for k, v in response.headers.items() if k in KEPT_HEADERS}
    answer = Answer(response.status_code, kept, bytes(response.body))
    await service.keep(call, answer, keeps_changes=keeps_changes)


def _again(answer: Answer) -> Response:
    headers = {**answer.headers, "Idempotency-Replayed": "true"}
    return Response(answer.body, answer.status, headers)
