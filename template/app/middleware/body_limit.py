"""A body that is too large is not read."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimitMiddleware:
    """Refuses a body over `request.state.body_limit`, which is MAX_BODY_SIZE at first.

    It is judged when it is about to be read: until then a route can raise the limit,
    for those who may.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watch over what is received."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["body_limit"] = self.limit
        declared = Headers(scope=scope).get("Content-Length", "0")
        received = 0 if not declared.isdecimal() else int(declared)
        counted = 0

        async def receive_within_limit() -> Message:
            nonlocal counted
            limit = state["body_limit"]
            if received > limit:
                raise HTTPException(413, f"A body of {limit} bytes at most is taken")
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > limit:
                raise HTTPException(413, f"A body of {limit} bytes at most is taken")
            return message

        await self.app(scope, receive_within_limit, send)
