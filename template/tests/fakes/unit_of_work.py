"""The unit of work of stores in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class FakeUnitOfWork:
    """Does what `UnitOfWork` does for services: here, every change is there at once."""

    def __init__(self) -> None:
        self.compensations: list[Callable[[], Awaitable[object]]] = []

    async def commit(self) -> None: ...

    @asynccontextmanager
    async def released(self) -> AsyncIterator[None]:
        yield

    def compensating(self, action: Callable[[], Awaitable[object]]) -> None:
        self.compensations.append(action)
