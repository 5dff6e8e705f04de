"""Every error leaves as problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.exceptions import AppException
from app.utils.response import PROBLEM_JSON, problem_details


def setup_error_handlers(app: FastAPI) -> None:
    """Turn each kind of error into its answer."""
    app.exception_handlers |= {
        AppException: _on_app_exception,
        HTTPException: _on_http_exception,
        RequestValidationError: _on_invalid_request,
    }
    app.add_middleware(UnexpectedErrorMiddleware)


class UnexpectedErrorMiddleware:
    """Answers 500 to what nobody expected.

    Starlette's own handler stands outside of all middleware, where the answer would
    have neither CORS headers nor X-Request-ID.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log the error and answer, unless an answer has begun."""
        started = False

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_noting_start)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            logger.exception("Unexpected error")
            request = Request(scope)
            await _problem(request, 500, message="Internal server error")(
                scope, receive, send
            )


async def _on_app_exception(request: Request, error: AppException) -> JSONResponse:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return _problem(
        request,
        error.status_code,
        message=error.message,
        detail=error.detail,
        headers=headers,
    )


async def _on_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    return _problem(
        request, error.status_code, message=str(error.detail), headers=error.headers
    )


async def _on_invalid_request(
    request: Request, error: RequestValidationError
) -> JSONResponse:
    """Name the fields; never repeat a value, which may be a password."""
    errors = [
        {"field": ".".join(map(str, problem["loc"])), "message": problem["msg"]}
        for problem in error.errors()
    ]
    return _problem(request, 422, message="The request is not valid", errors=errors)


def _problem(
    request: Request,
    status: int,
    *,
    message: str,
    detail: str | None = None,
    errors: Sequence[dict[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body = problem_details(
        status,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
        message=message,
        detail=detail,
        errors=errors,
    )
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(
        body, status, headers=challenge | dict(headers or {}), media_type=PROBLEM_JSON
    )
