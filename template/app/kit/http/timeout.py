"""Time limit of requests."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.exceptions import ServiceUnavailableException


class TimeoutMiddleware:
    """Middleware that ends a request whose response does not start in time."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with a timeout.

        Raises:
            ServiceUnavailableException: the request timed out; it is rolled back.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_and_stop_the_clock(message: Message) -> None:
            clock.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(self.seconds) as clock:
                await self.app(scope, receive, send_and_stop_the_clock)
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise ServiceUnavailableException("The request timed out") from error
