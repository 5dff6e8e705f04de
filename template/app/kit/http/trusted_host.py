"""Which Host headers are answered, and which proxies are believed."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.core.config import Settings


class TrustedHostMiddleware:
    """Refuses a request for a host that is not ours; of a probe the host is not asked.

    Probes name the address of a machine, which no setting can know.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str], probed: str) -> None:
        self.app = app
        self.any = "*" in hosts
        self.probed = probed
        self.names = {host.lower() for host in hosts if not host.startswith("*")}
        self.domains = tuple(host[1:].lower() for host in hosts if host[:2] == "*.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the Host header, without its port."""
        if scope["type"] == "http" and not self._is_open(scope["path"]):
            given = Headers(scope=scope).get("Host", "").lower()
            name = given if given.endswith("]") else given.rpartition(":")[0] or given
            if name not in self.names and not name.endswith(self.domains):
                raise HTTPException(400, "This host is not served here")
        await self.app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return self.any or path == self.probed or path.startswith(f"{self.probed}/")


def setup_proxies(app: FastAPI, settings: Settings) -> None:
    """Learn from the proxies of TRUSTED_PROXIES who calls, and by which scheme."""
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.TRUSTED_PROXIES)
