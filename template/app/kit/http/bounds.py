"""Bounds of the server's connections."""

import sys
from asyncio import AbstractEventLoop, TimerHandle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loguru import logger

from app.core.config import Settings

if sys.platform != "win32":
    import resource


@dataclass(frozen=True)
class Bounds:
    """Bounds of the connections of one process.

    Attributes:
        connections: the maximum number, WebSockets included.
        header_size: the maximum bytes of a request line and its headers.
        header_timeout: the seconds in which they must arrive.
        waiting: connections that wait for their client, the longest silent first.
    """

    connections: int
    header_size: int
    header_timeout: float
    waiting: OrderedDict[Any, None] = field(default_factory=OrderedDict)


def bounds_of(settings: Settings) -> Bounds:
    """Return the bounds. Half of the open files are left for the database and more."""
    possible = _most_open_files() // 2
    if possible < settings.MAX_CONNECTIONS:
        logger.info(
            "MAX_CONNECTIONS is lowered to {}: half of the files that may be open "
            "(ulimit -n)",
            possible,
        )
    return Bounds(
        connections=min(settings.MAX_CONNECTIONS, possible),
        header_size=settings.MAX_HEADER_SIZE,
        header_timeout=settings.HEADER_TIMEOUT,
    )


def _most_open_files() -> int:
    if sys.platform == "win32":
        return sys.maxsize
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


class Clock:
    """A timer that can be set again."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: TimerHandle | None = None

    def set(self, seconds: float, action: Callable[[], object]) -> None:
        """Run the action after some seconds, in place of the previous one."""
        self.stop()
        self._timer = self._loop.call_later(seconds, action)

    def stop(self) -> None:
        """Do not run the action."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
