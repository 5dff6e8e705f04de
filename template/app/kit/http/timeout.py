"""Time limit of requests."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.exceptions import ServiceUnavailableException

# For a 408 (RFC 9110, section 15.5.9): the rest of the body is not awaited.
CLOSE = {"Connection": "close"}


class TimeoutMiddleware:
    """Middleware that ends a request whose response does not start in time."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with a timeout.

        Raises:
            ServiceUnavailableException: the request timed out; it is rolled back.
            HTTPException: it did because the client did not send the whole body.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive)

        async def send_and_stop_the_clock(message: Message) -> None:
            clock.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(self.seconds) as clock:
                await self.app(scope, body.receive, send_and_stop_the_clock)
        except TimeoutError as error:
            if not clock.expired():
                raise
            if body.awaited:
                message = "The request body did not arrive in time"
                raise HTTPException(408, message, CLOSE) from error
            raise ServiceUnavailableException("The request timed out") from error


class _Body:
    """The body of a request.

    Attributes:
        awaited: whether the client has yet to send a part that was asked for.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._complete = False
        self.awaited = False

    async def receive(self) -> Message:
        """Receive the next part."""
        self.awaited = not self._complete
        message = await self._receive()
        self.awaited = False
        self._complete = not message.get("more_body", False)
        return message
