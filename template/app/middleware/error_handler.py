"""Problem details (RFC 9457) for every error."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import (
    RequestValidationError,
    WebSocketRequestValidationError,
)
from fastapi.responses import JSONResponse, Response
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.status import WS_1008_POLICY_VIOLATION, WS_1011_INTERNAL_ERROR
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.exceptions import AppException
from app.kit import http
from app.utils.response import PROBLEM_JSON, problem_details

# Limits of the report about an invalid request.
MOST_ERRORS = 50
LONGEST_NAME = 100
INVALID = "The request is not valid"
# nginx's status for a client that disconnected before its response. It is not an HTTP
# status, and not an error of the service.
CLIENT_LEFT = 499


def setup_error_handlers(app: FastAPI) -> None:
    """Register the handler of each kind of error."""
    handlers: dict[type[Exception], Any] = {
        AppException: answer_or_close,
        HTTPException: answer_http_exception,
        RequestValidationError: answer_invalid_request,
        WebSocketRequestValidationError: close_invalid_socket,
    }
    app.exception_handlers |= handlers
    app.add_middleware(ErrorMiddleware)


class ErrorMiddleware:
    """Middleware that answers errors of other middleware, and unexpected ones.

    Starlette's own handler runs outside of all middleware: its response would have
    neither CORS headers nor X-Request-ID.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an error, unless the response has started or the client left."""
        started = left = False

        async def receive_noting_end() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                # A truncated body may look like an error of the client.
                if left and message["status"] < 500:
                    message = {**message, "status": CLIENT_LEFT}
            await send(message)

        try:
            await self.app(scope, receive_noting_end, send_noting_start)
        except ClientDisconnect:
            if not started:
                await Response(status_code=CLIENT_LEFT)(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            answer = await _answer(Request(scope), error)
            await answer(scope, receive, send)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, AppException):
        return await answer_app_exception(request, error)
    if isinstance(error, HTTPException):
        return await answer_http_exception(request, error)
    logger.exception("Unexpected error")
    return _problem(request, 500, message="Internal server error")


async def answer_or_close(
    connection: Request | WebSocket, error: AppException
) -> JSONResponse | None:
    """Answer an AppException; close a WebSocket with its message."""
    if isinstance(connection, Request):
        return await answer_app_exception(connection, error)
    _log(error)
    failed = error.status_code >= 500
    code = WS_1011_INTERNAL_ERROR if failed else WS_1008_POLICY_VIOLATION
    await connection.close(code, error.message)
    return None


async def answer_app_exception(request: Request, error: AppException) -> JSONResponse:
    """Answer an AppException."""
    _log(error)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    field = error.field
    return _problem(
        request,
        error.status_code,
        message=error.message,
        detail=error.detail,
        errors=[{"field": field, "message": error.message}] if field else (),
        headers=headers,
    )


def _log(error: AppException) -> None:
    """Log an error that is not the caller's fault."""
    if error.status_code >= 500:
        logger.warning("{}: {} ({!r})", error, error.detail, error.__cause__)


async def answer_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    """Answer an error of the framework."""
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed_methods(request))
    return _problem(
        request, error.status_code, message=str(error.detail), headers=headers
    )


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes of the path, not only of the first."""
    allowed = {method for method in http.METHODS if _has_route(request, method)}
    if "GET" in allowed:
        allowed.add("HEAD")
    return [method for method in http.METHODS if method in allowed]


def _has_route(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] == Match.FULL for route in request.app.routes)


async def answer_invalid_request(
    request: Request, error: RequestValidationError
) -> JSONResponse:
    """Answer with the invalid fields; never a value, which may be a password."""
    errors = [
        {
            "field": _plain(".".join(map(str, problem["loc"]))),
            "message": problem["msg"].removeprefix("Value error, "),
        }
        for problem in error.errors()[:MOST_ERRORS]
    ]
    return _problem(request, 422, message=INVALID, errors=errors)


async def close_invalid_socket(
    websocket: WebSocket, error: WebSocketRequestValidationError
) -> None:
    """Close a WebSocket with a text: FastAPI's own handler closes it with a list."""
    await websocket.close(WS_1008_POLICY_VIOLATION, INVALID)


def _plain(name: str) -> str:
    """Shorten a field name, which a client may choose, and make it encodable."""
    return name[:LONGEST_NAME].encode(errors="replace").decode()


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
