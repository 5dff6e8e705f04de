"""Clients that wait, and changes of an HTTP server's processes."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from benchmarks.probes import BODY, HEAD, LENGTH, POST, Question, ask, connect, read, statuses
from benchmarks.processes import tree, wait_for
from benchmarks.servers import Server

# Seconds after which a server is taken not to close a connection.
PATIENCE = 45


def _end(server: Server, sent: bytes, *, after: bytes = b"") -> str:
    """Return how long a connection stays open after some bytes, and the status of a response."""
    with connect(server) as connection:
        if after:
            connection.sendall(after)
            read(connection, 5)
            time.sleep(0.1)
        connection.sendall(sent)
        start = time.monotonic()
        data = read(connection, PATIENCE, to_the_end=True)
        seconds = time.monotonic() - start
    if seconds >= PATIENCE:
        return f"> {PATIENCE} s"
    status = f", {statuses(data)}" if b"HTTP/1.1 4" in data or b"HTTP/1.1 5" in data else ""
    return f"{seconds:.0f} s{status}"


def half_sent_headers(server: Server) -> str:
    """Return how long half of a request line keeps a connection open."""
    return _end(server, HEAD[:9])


def silence(server: Server) -> str:
    """Return how long a connection stays open without a request."""
    return _end(server, b"")


def silence_after_a_response(server: Server) -> str:
    """Return how long a connection stays open after a response."""
    return _end(server, b"", after=HEAD + b"\r\n")


def line_end_after_a_response(server: Server) -> str:
    """Return how long a line end after a response keeps a connection open."""
    return _end(server, b"\r\n", after=HEAD + b"\r\n")


def half_sent_body(server: Server) -> str:
    """Return how long half of a body keeps a connection open."""
    return _end(server, POST + LENGTH + BODY[:9])


def idle_connections(server: Server) -> str:
    """Return the status of a request beside more idle connections than a process may open files."""
    with ExitStack() as stack:
        for _ in range(260):
            with suppress(OSError):
                stack.enter_context(connect(server))
        time.sleep(1)
        with suppress(OSError):
            return ask(server, HEAD + b"\r\n")
    return "no response"


def graceful_stop(server: Server) -> str:
    """Return the status of a request whose body arrives after SIGTERM, and how long the server takes to stop."""
    with connect(server) as connection:
        connection.sendall(POST + LENGTH + BODY[:9])
        time.sleep(0.5)
        processes = tree(server.pid)
        os.kill(server.pid, signal.SIGTERM)
        start = time.monotonic()
        time.sleep(1.5)
        with suppress(OSError):
            connection.sendall(BODY[9:])
        status = statuses(read(connection, 5))
        stopped = wait_for(lambda: not any(_lives(pid) for pid in processes), PATIENCE)
    return f"{status}, {time.monotonic() - start:.0f} s" if stopped else f"{status}, > {PATIENCE} s"


def _lives(pid: int) -> bool:
    with suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


def restart_on_a_change(server: Server) -> str:
    """Return whether a change of a module starts a new process."""
    before = set(tree(server.pid))
    (Path(server.plan.cwd) / "app" / "__init__.py").touch()
    changed = wait_for(lambda: bool(set(tree(server.pid)) - before) and _serves(server), PATIENCE)
    return "yes" if changed else "no"


def several_workers(server: Server) -> str:
    """Return whether two processes share the requests."""
    before = _cpu_of_workers(server)
    for _ in range(200):
        _request(server)
    after = _cpu_of_workers(server)
    return "yes" if sum(after[pid] > before.get(pid, 0) for pid in after) >= 2 else "no"


def _cpu_of_workers(server: Server) -> dict[int, int]:
    stats = {pid: Path(f"/proc/{pid}/schedstat").read_text().split() for pid in tree(server.pid)[1:]}
    return {pid: int(nanoseconds) for pid, (nanoseconds, *_) in stats.items()}


def _request(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(HEAD + b"\r\n")
        read(connection, 5)


def _serves(server: Server) -> bool:
    with suppress(OSError):
        return ask(server, HEAD + b"\r\n") == "200"
    return False


# Asked at once, because each waits.
QUESTIONS: Sequence[tuple[str, Question]] = (
    ("half-sent headers: closed after", half_sent_headers),
    ("no request: closed after", silence),
    ("no second request: closed after", silence_after_a_response),
    ("a line end in its place: closed after", line_end_after_a_response),
    ("half-sent body: closed after", half_sent_body),
)
