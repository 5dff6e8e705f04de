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
        declared = int(Headers(scope=scope).get("Content-Length", 0))
        received = 0

        def check(size: int) -> None:
            if size > (limit := state["body_limit"]):
                raise HTTPException(413, f"A body of {limit} bytes at most is taken")

        async def receive_within_limit() -> Message:
            nonlocal received
            check(declared)
            message = await receive()
            received += len(message.get("body", b""))
            check(received)
            return message

        await self.app(scope, receive_within_limit, send)
