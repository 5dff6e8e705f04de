"""No request waits for ever."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.exceptions import ServiceUnavailableException


class TimeoutMiddleware:
    """Ends a request whose answer has not begun after so many seconds."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request against the clock.

        Raises:
            ServiceUnavailableException: it took too long; its work is rolled back.
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
            raise ServiceUnavailableException("The request took too long") from error
