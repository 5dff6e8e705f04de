"""Request ids, in responses, errors and log lines."""

import re
from secrets import token_hex

from loguru import logger
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.http.headers import header

# A client's own id is kept if it is safe to log.
PLAIN = re.compile(rb"[A-Za-z0-9._-]{1,64}")
NAME = b"x-request-id"


class RequestIDMiddleware:
    """Middleware that takes the id from X-Request-ID, or creates one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set `request.state.request_id` and the response header."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        given = header(scope, NAME) or b""
        request_id = given.decode() if PLAIN.fullmatch(given) else token_hex(16)
        added = (NAME, request_id.encode())
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = (each for each in message["headers"] if each[0] != NAME)
                message["headers"] = [*others, added]
            await send(message)

        with logger.contextualize(request_id=request_id):
            await self.app(scope, receive, send_with_id)
