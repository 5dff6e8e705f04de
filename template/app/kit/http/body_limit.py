"""Size limit of request bodies."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.http.headers import header


class BodyLimitMiddleware:
    """Middleware that refuses bodies over `request.state.body_limit`.

    It starts as MAX_BODY_SIZE, and is checked when the body is read: a route can
    replace it first, with `BodyLimit` or behind its guard.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes that are received."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["body_limit"] = self.limit
        declared = int(header(scope, b"content-length") or 0)
        received = 0

        def check(size: int) -> None:
            if size > (limit := state["body_limit"]):
                raise HTTPException(413, f"The request body exceeds {limit} bytes")

        async def receive_within_limit() -> Message:
            nonlocal received
            check(declared)
            message = await receive()
            received += len(message.get("body", b""))
            check(received)
            return message

        await self.app(scope, receive_within_limit, send)
