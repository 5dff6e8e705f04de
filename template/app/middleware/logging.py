"""Access log."""

from time import perf_counter

from loguru import logger
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestLoggingMiddleware:
    """Access log: method, path, status and duration; no query, header or body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log the request once its response is sent."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        status = 500

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noting_status)
        finally:
            # The raw path is still encoded: it cannot forge a second line.
            logger.info(
                "{method} {path} {status} {duration_ms}ms",
                method=scope["method"],
                path=scope["raw_path"].decode("ascii", "backslashreplace"),
                status=status,
                duration_ms=round((perf_counter() - started) * 1000, 1),
            )
