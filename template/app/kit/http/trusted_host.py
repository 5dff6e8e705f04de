"""Accepted Host headers."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.kit.http.headers import header
from app.kit.http.proxies import route_path


class TrustedHostMiddleware:
    """Middleware that refuses unknown hosts.

    Health probes are exempt: they name a machine's address, which no setting knows.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str], probed: str) -> None:
        self.app = app
        self.any = "*" in hosts
        self.probed = probed
        self.names = {host.lower() for host in hosts if not host.startswith("*")}
        self.domains = tuple(host[1:].lower() for host in hosts if host[:2] == "*.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the Host header, without its port."""
        if scope["type"] == "http" and not self._is_open(route_path(scope)):
            given = (header(scope, b"host") or b"").decode("latin-1").lower()
            name = given if given.endswith("]") else given.rpartition(":")[0] or given
            if name not in self.names and not name.endswith(self.domains):
                raise HTTPException(400, "The Host header is not allowed")
        await self.app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return self.any or path == self.probed or path.startswith(f"{self.probed}/")
