"""Requests to an HTTP server on raw sockets: what it accepts."""

import os
import re
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.processes import tree
from benchmarks.servers import Server

HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /api/v1/auth/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
# An invalid token is a 401; without it, the request is a 422.
BODY = b'{"refresh_token": "invalid"}'
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
SIZES = [2**power * 1024 for power in range(2, 15)]
COUNTS = [10, 50, 100, 200, 500, 1_000, 5_000, 10_000, 50_000]

Question = Callable[[Server], str]


def connect(server: Server) -> socket.socket:
    """Open a connection."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def read(connection: socket.socket, seconds: float, *, to_the_end: bool = False) -> bytes:
    """Read what a server sends in some seconds: until the first status, or until it closes the connection."""
    end, data = time.monotonic() + seconds, b""
    with suppress(OSError):
        while (left := end - time.monotonic()) > 0 and (to_the_end or b"\r\n" not in data):
            connection.settimeout(left)
            if not (chunk := connection.recv(65536)):
                break
            data += chunk
    return data


def statuses(data: bytes) -> str:
    """Return the statuses of the responses in what a server has sent."""
    return ", ".join(status.decode() for status in re.findall(rb"HTTP/1.1 (\d+)", data)) or "no response"


def ask(server: Server, *parts: bytes) -> str:
    """Return the status of the response to a request."""
    with connect(server) as connection:
        with suppress(OSError):
            for part in parts:
                connection.sendall(part)
                time.sleep(0.1)
        return statuses(read(connection, 5))


def largest_header(server: Server) -> str:
    """Return the size of the largest header that is accepted."""
    accepted = [size for size in SIZES if ask(server, HEAD + b"X: " + b"x" * (size - 512) + b"\r\n\r\n") == "200"]
    most = max(accepted, default=0)
    return f"{most // 1024:,} KiB" + (" or more" if most == SIZES[-1] else "")


def most_headers(server: Server) -> str:
    """Return the largest number of headers that is accepted."""
    accepted = [count for count in COUNTS if ask(server, HEAD + b"X: 1\r\n" * (count - 1) + b"\r\n") == "200"]
    most = max(accepted, default=0)
    return f"{most:,}" + (" or more" if most == COUNTS[-1] else "")


def endless_header(server: Server) -> str:
    """Return by how much the memory of the server grows while a header does not end."""
    before = memory(server)
    with connect(server) as connection:
        with suppress(OSError):
            connection.sendall(HEAD + b"X: ")
            for _ in range(1024):
                connection.sendall(b"x" * 65536)
        time.sleep(0.5)
        return f"{max(0, memory(server) - before) / 2**20:,.0f} MiB"


def memory(server: Server) -> int:
    """Return the resident bytes of the server's processes."""
    sizes = [Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in tree(server.pid)]
    return sum(map(int, sizes)) * os.sysconf("SC_PAGE_SIZE")


def upgrade_with_a_body(server: Server) -> str:
    """Return the status of a request with a body that offers HTTP/2."""
    return ask(server, POST + OFFER + LENGTH, BODY)


def two_hosts(server: Server) -> str:
    """Return the status of a request with two Host headers."""
    return ask(server, HEAD + b"Host: b\r\n\r\n")


def no_host(server: Server) -> str:
    """Return the status of a request without Host."""
    return ask(server, HEAD.replace(b"Host: a\r\n", b"") + b"\r\n")


def two_lengths(server: Server) -> str:
    """Return the status of a request with Content-Length and Transfer-Encoding."""
    return ask(server, POST + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY))


def absolute_url(server: Server) -> str:
    """Return the status of a request for an absolute URL."""
    return ask(server, HEAD.replace(b"/api", b"http://b/api") + b"\r\n")


QUESTIONS: Sequence[tuple[str, Question]] = (
    ("largest accepted header", largest_header),
    ("most accepted headers", most_headers),
    ("memory for a header of 64 MiB", endless_header),
    ("`Upgrade: h2c` with a body; right: 401", upgrade_with_a_body),
    ("two `Host` headers; right: 400", two_hosts),
    ("no `Host` header; right: 400", no_host),
    ("`Content-Length` with `Transfer-Encoding`; right: 400", two_lengths),
    ("absolute URL; right: 200", absolute_url),
)
