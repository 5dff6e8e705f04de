"""The branch of the library that handles a request."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import app.core.seal
from app.core.config import Settings
from app.core.config_types import Words
from app.core.logging import setup_logging
from app.middleware.error_handler import METHODS

BRANCHES: Words = ["north", "south"]
__all__ = ["BRANCHES", "BranchMiddleware", "setup_logging"]


class BranchMiddleware:
    """Middleware that adds the signed name of the branch to each response."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.seal = _seal(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header."""
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self.app(scope, receive, send)
            return

        async def send_with_branch(message: Message) -> None:
            if message["type"] == "http.response.start":
                made = self.seal.make(BRANCHES[0].encode()).hex()
                MutableHeaders(scope=message)["X-Branch"] = f"{BRANCHES[0]}.{made[:8]}"
            await send(message)

        await self.app(scope, receive, send_with_branch)


def _seal(settings: Settings) -> app.core.seal.Seal:
    return app.core.seal.Seal(settings, "branch")
