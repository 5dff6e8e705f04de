"""Requests as they were before trusted proxies: client address, scheme and path."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.config import Settings
from app.utils.addresses import ADDRESSES_KEPT, UNKNOWN, client_address

SCHEMES = {"http": "ws", "https": "wss"}


class ForwardedMiddleware:
    """Middleware that reads X-Forwarded-For and X-Forwarded-Proto of trusted proxies.

    Each proxy appends the address that it sees.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self.app = app
        self.all = "*" in trusted
        self.networks = [ip_network(entry) for entry in trusted if entry != "*"]
        self.is_trusted = lru_cache(ADDRESSES_KEPT)(self._is_trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Replace the client and the scheme."""
        if scope["type"] in ("http", "websocket"):
            host, _ = scope.get("client") or ("", 0)
            if self.is_trusted(client_address(host)):
                if entries := _listed(scope, b"x-forwarded-for"):
                    scope["client"] = (self._client(entries), 0)
                _set_scheme(scope, _listed(scope, b"x-forwarded-proto"))
        await self.app(scope, receive, send)

    def _client(self, entries: Sequence[str]) -> str:
        """Return the last address that is no trusted proxy; the first, if all are."""
        address = UNKNOWN
        for entry in entries[:1] if self.all else reversed(entries):
            address = client_address(entry)
            if not self.is_trusted(address):
                break
        return address

    def _is_trusted(self, address: str) -> bool:
        if self.all or address == UNKNOWN:
            return self.all
        ip = ip_address(address)
        return any(ip in network for network in self.networks)


class RootPathMiddleware:
    """Middleware that completes the path of a request, if a proxy has shortened it.

    A proxy that removes ROOT_PATH and one that keeps it are the same to the service.
    """

    def __init__(self, app: ASGIApp, root_path: str, prefix: str) -> None:
        self.app = app
        self.root_path = root_path
        self.prefix = f"{prefix}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the root path, and the path with it (ASGI, HTTP connection scope)."""
        if scope["type"] in ("http", "websocket"):
            scope["root_path"] = self.root_path
            if not self._is_complete(scope["path"]):
                scope["path"] = self.root_path + scope["path"]
                scope["raw_path"] = self.root_path.encode() + scope["raw_path"]
        await self.app(scope, receive, send)

    def _is_complete(self, path: str) -> bool:
        """Return whether a path has the root path, which may resemble the prefix."""
        if path.startswith(self.prefix):
            return path.startswith(self.root_path + self.prefix)
        return path == self.root_path or path.startswith(f"{self.root_path}/")


def setup_proxies(app: FastAPI, settings: Settings) -> None:
    """Take what TRUSTED_PROXIES add and what they remove into account."""
    if settings.ROOT_PATH:
        app.add_middleware(
            RootPathMiddleware,
            root_path=settings.ROOT_PATH,
            prefix=settings.API_V1_PREFIX,
        )
    app.add_middleware(ForwardedMiddleware, trusted=settings.TRUSTED_PROXIES)


def route_path(scope: Scope) -> str:
    """Return the path without the prefix of a proxy or a mount."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _set_scheme(scope: Scope, schemes: Sequence[str]) -> None:
    """Take the scheme of the client's own connection, which is listed first."""
    scheme = schemes[0].lower().replace("ws", "http") if schemes else ""
    if scheme in SCHEMES:
        is_socket = scope["type"] == "websocket"
        scope["scheme"] = SCHEMES[scheme] if is_socket else scheme


def _listed(scope: Scope, name: bytes) -> list[str]:
    """Return the entries of a header, which may be repeated."""
    values = [value for each, value in scope["headers"] if each == name]
    entries = b",".join(values).decode("latin-1").split(",") if values else ()
    return [entry for each in entries if (entry := each.strip())]
