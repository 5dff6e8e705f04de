"""An ASGI client in the process of the service: no socket, no HTTP parser, no second process.

`python -m benchmarks.driver MODULE:APP SOCKET` runs with the Python of a generated project. It receives a list of
requests through the socket, sends them in turn at the next message, and returns all responses together. It blocks
before and after, so that counting can start and stop exactly there.
"""

import asyncio
import gc
import os
import sys
import time
from importlib import import_module
from itertools import repeat
from multiprocessing.connection import Connection, Listener
from random import Random
from typing import Any

# Method, path with query, headers, body
Call = tuple[str, str, dict[str, str], str]
# Status, body
Answer = tuple[int, bytes]
Message = dict[str, Any]


def main() -> None:
    """Serve until the connection closes, on the event loop that uvicorn uses in production."""
    module, _, name = sys.argv[1].partition(":")
    _leave_out_what_varies()
    app: Any = getattr(import_module(module), name)
    loop: Any = import_module("uvloop")
    with asyncio.Runner(loop_factory=loop.new_event_loop) as runner, Listener(sys.argv[2]) as listener:
        runner.run(_serve(app, listener.accept()))


def _leave_out_what_varies() -> None:
    """Disable garbage collection, and fix the clock and the random numbers."""
    gc.disable()
    # The clock decides when idle connections are pinged, and how many digits a logged duration has.
    time.monotonic = time.perf_counter = repeat(0.0).__next__
    # Request ids and token ids
    os.urandom = Random(0).randbytes  # noqa: S311  # the same each time is the point


async def _serve(app: Any, parent: "Connection[Any, Any]") -> None:
    async with app.router.lifespan_context(app):
        while calls := parent.recv():
            requests = [(_scope(method, path, headers), body.encode()) for method, path, headers, body in calls]
            parent.send("ready")
            parent.recv()
            # As under uvicorn, each request runs in its own task.
            answers = [await asyncio.create_task(_send(app, *request)) for request in requests]
            parent.send(answers)


def _scope(method: str, path: str, headers: dict[str, str]) -> Message:
    """Build the ASGI scope of a request, as uvicorn does."""
    route, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "method": method,
        "path": route,
        "raw_path": route.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "state": {},
    }


async def _send(app: Any, scope: Message, body: bytes) -> Answer:
    """Send one request to the application; return its response."""
    received = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *parts = sent
    return start["status"], b"".join(part["body"] for part in parts)


if __name__ == "__main__":
    main()
