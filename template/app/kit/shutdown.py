"""The end of the process."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Seconds in which load balancers hear of the end, and the connections that wait at the
# door are let in: once told, a server shuts it, and they would be lost.
DRAIN_DELAY = 1.0


@contextmanager
def drain_delay(seconds: float = DRAIN_DELAY) -> Iterator[None]:
    """Pass SIGTERM on to the server later. Ctrl-C ends it at once, as ever."""
    handler = signal.getsignal(signal.SIGTERM)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not (seconds and callable(handler) and in_main_thread):
        yield
        return
    loop = asyncio.get_running_loop()

    def postpone(*signal_and_frame: Any) -> None:
        loop.call_soon_threadsafe(loop.call_later, seconds, handler, *signal_and_frame)

    signal.signal(signal.SIGTERM, postpone)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
