"""Responses to requests that do not reach the application."""

import json
from collections.abc import Iterable
from uuid import uuid4

from loguru import logger
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.kit.http.security_headers import HEADERS
from app.utils.response import PROBLEM_JSON, problem_details


class RefusedRequestError(Exception):
    """Request that the server refuses by itself, with a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


def refusal_response(
    error: RefusedRequestError, server_headers: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """Return the problem details as a response, and log the refusal."""
    request_id = uuid4().hex
    with logger.contextualize(request_id=request_id):
        logger.info("Refused a request: {} {}", error.status, error.message)
    problem = problem_details(
        error.status, instance="", request_id=request_id, message=error.message
    )
    body = json.dumps(problem).encode()
    headers = HEADERS | {
        b"content-type": PROBLEM_JSON.encode(),
        b"content-length": b"%d" % len(body),
        b"connection": b"close",
        b"x-request-id": request_id.encode(),
    }
    if error.status == 503:
        headers[b"retry-after"] = b"5"
    lines = [b"%b: %b\r\n" % header for header in (*server_headers, *headers.items())]
    return b"".join([STATUS_LINE[error.status], *lines, b"\r\n", body])
