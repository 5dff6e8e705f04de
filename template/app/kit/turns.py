"""Turns, for what few requests may do at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from app.core.exceptions import ServiceUnavailableException


class Turns:
    """A limit on how many requests do something at once; the others wait in line."""

    def __init__(self, at_once: int, seconds: float) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._seconds = seconds

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[None]:
        """Wait for a turn, which ends with the block.

        Raises:
            ServiceUnavailableException: no turn was free in time.
        """
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError:
            raise ServiceUnavailableException("Too many requests wait") from None
        try:
            yield
        finally:
            self._free.release()
