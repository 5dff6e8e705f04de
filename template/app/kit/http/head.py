"""HEAD: the response to GET without its content (RFC 9110, section 9.3.2)."""

from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMiddleware:
    """Middleware that routes HEAD as GET, unless the path has its own HEAD route.

    Starlette's routes accept HEAD wherever they accept GET; FastAPI's do not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route as GET, and drop the content; servers and logs still see HEAD."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_content(message: Message) -> None:
            scope["method"] = "HEAD"
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if not _has_route(scope):
            scope["method"] = "GET"
        try:
            await self.app(scope, receive, send_without_content)
        finally:
            scope["method"] = "HEAD"


def _has_route(scope: Scope) -> bool:
    routes = scope["app"].routes
    return any(route.matches(scope)[0] == Match.FULL for route in routes)
