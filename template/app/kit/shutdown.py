"""Graceful shutdown."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Grace period before the server sees SIGTERM: load balancers stop sending, and waiting
# connections are accepted, which would otherwise be lost.
DRAIN_DELAY = 1.0


@contextmanager
def drain_delay(seconds: float = DRAIN_DELAY) -> Iterator[None]:
    """Delay SIGTERM for the server. Ctrl-C still stops it at once."""
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
