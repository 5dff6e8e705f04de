"""CORS: the sites that may call this API from a browser."""

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.core.config import Settings
from app.kit.http.headers import header
from app.middleware.error_handler import answer_http_exception


class ProblemCORSMiddleware(CORSMiddleware):
    """CORS middleware that refuses preflights with problem details."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflights, and add CORS headers to responses for other sites."""
        if scope["type"] == "http" and header(scope, b"origin") is None:
            await self.app(scope, receive, send)
            return
        try:
            await super().__call__(scope, receive, send)
        except _PreflightRefusedError as refusal:
            answer = await answer_http_exception(Request(scope), refusal)
            await answer(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the response, or raise the refusal."""
        answer = super().preflight_response(request_headers)
        if answer.status_code >= 400:
            raise _PreflightRefusedError(400, bytes(answer.body).decode())
        return answer


class _PreflightRefusedError(HTTPException):
    pass


def setup_cors(app: FastAPI, settings: Settings) -> None:
    """Let CORS_ORIGINS call the API, and read the headers of its responses."""
    app.add_middleware(
        ProblemCORSMiddleware,
        allow_origins=settings.CORS_ORIGINS,
        allow_credentials=settings.CORS_ALLOW_CREDENTIALS,
        allow_methods=settings.CORS_ALLOW_METHODS,
        allow_headers=settings.CORS_ALLOW_HEADERS,
        expose_headers=["ETag", "Idempotency-Replayed", "Retry-After", "X-Request-ID"],
    )
