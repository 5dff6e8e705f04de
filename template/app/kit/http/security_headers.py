"""Security headers, for browsers."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# In ASGI's form: bytes, with names in lower case.
HEADERS = {
    # Responses hold tokens and personal data.
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
# The documentation pages have inline JavaScript and styles.
PAGES = {
    b"content-security-policy": b"default-src 'self' 'unsafe-inline' data: blob:",
}


class SecurityHeadersMiddleware:
    """Middleware that adds security headers, unless a route has set them."""

    def __init__(self, app: ASGIApp, hsts_seconds: int) -> None:
        self.app = app
        hsts = f"max-age={hsts_seconds}".encode()
        secure = {b"strict-transport-security": hsts} if hsts_seconds else {}
        self.over_tls = HEADERS | secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the missing headers when the response starts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = dict(message["headers"])
                added = self.over_tls if scope["scheme"] == "https" else HEADERS
                if given.get(b"content-type", b"").startswith(b"text/html"):
                    added = added | PAGES
                missing = [each for each in added.items() if each[0] not in given]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        await self.app(scope, receive, send_with_headers)
