"""Requests over raw sockets: slow, in parts, or too large."""

import json
import select
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Slow:
    """A request that is sent part by part."""

    connection: socket.socket

    def send(self, part: bytes) -> None:
        self.connection.sendall(part)

    def is_answered(self) -> bool:
        """Return whether a response has begun, or the connection was closed."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def answer(self) -> "Answered":
        return read(self.connection)


@dataclass(frozen=True)
class Answered:
    """A response; `whole` is true if the body is complete."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def whole(self) -> bool:
        return len(self.content) == int(self.headers.get("content-length", -1))

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def begin(port: int, method: str, path: str, headers: Mapping[str, str], *, whole: bool = True) -> Slow:
    """Connect and send the head of a request, or with `whole=False` only part of it."""
    lines = (f"{method} /api/v1{path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items()))
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall("\r\n".join((*lines, "", "") if whole else lines).encode())
    return Slow(connection)


def read(connection: socket.socket) -> Answered:
    """Read one response, perhaps incomplete; status 0 means none."""
    with connection, connection.makefile("rb") as file:
        try:
            first = file.readline().split()
        except ConnectionResetError:
            first = []
        headers: dict[str, str] = {}
        while first and (line := file.readline().strip()):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        content = file.read(int(headers.get("content-length", 0)))
    return Answered(int(first[1]) if first else 0, headers, content)


def chunked(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Encode the parts of a body as chunks (RFC 9112, section 7.1)."""
    for part in parts:
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
    yield b"0\r\n\r\n"
