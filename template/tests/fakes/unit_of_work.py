"""The unit of work of in-memory repositories."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class FakeUnitOfWork:
    """A `UnitOfWork` for services whose changes take effect immediately."""

    def __init__(self) -> None:
        self.compensations: list[Callable[[], Awaitable[object]]] = []

    async def commit(self) -> None: ...

    async def release(self) -> None: ...

    @asynccontextmanager
    async def released(self) -> AsyncIterator[None]:
        yield

    def compensating(self, action: Callable[[], Awaitable[object]]) -> None:
        self.compensations.append(action)
