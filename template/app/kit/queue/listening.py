"""Driver of a worker, which is notified of new jobs (LISTEN)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pgqueuer.errors import FailingListenerError
from pgqueuer.ports.driver import NotifyCallback
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.database import DatabaseManager
from app.core.db.errors import AWAY, BROKEN, is_lost, mapped_errors
from app.core.exceptions import ServiceUnavailableException
from app.kit.queue.driver import QueueDriver


class ListeningDriver(QueueDriver):
    """Driver that listens, and runs each statement in its own transaction."""

    def __init__(self, engine: AsyncEngine, listening: Any) -> None:
        super().__init__(engine.begin, listening)
        self._hears = asyncio.Event()

    async def notify(self, channel: str, payload: str) -> None:
        """Notify the listeners of a channel, once this one listens.

        PgQueuer checks its listener by notifying itself, and may do so too early.
        """
        await self._hears.wait()
        await super().notify(channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Pass the payload of each notification to a callback."""
        await super().add_listener(channel, callback)
        self._hears.set()


@asynccontextmanager
async def listening(database: DatabaseManager) -> AsyncGenerator[ListeningDriver]:
    """Yield a driver that listens on a connection of its own.

    SQLAlchemy and its pool do not see errors of the driver's own calls.

    Raises:
        ServiceUnavailableException: the database is down, hangs or is overloaded.
    """
    engine = database.engine
    with mapped_errors():
        async with _connection(engine) as connection:
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            # Not the pool's: it is kept as long as the worker runs, then closed.
            raw.detach()
            yield ListeningDriver(engine, driver)


@asynccontextmanager
async def _connection(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    async with engine.connect() as connection:
        try:
            yield connection
        except FailingListenerError as error:
            raise ServiceUnavailableException(AWAY, BROKEN) from error
        except Exception as error:
            if is_lost(error):
                await engine.dispose()
            raise
