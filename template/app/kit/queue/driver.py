"""The driver by which PgQueuer uses the connections of SQLAlchemy."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import Self

from loguru import logger
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.errors import FailingListenerError
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver, NotifyCallback
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.core.db.errors import AWAY, BROKEN, mapped_errors, why_unavailable
from app.core.exceptions import ServiceUnavailableException

Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class QueueDriver(Driver):
    """Runs the statements of PgQueuer on connections of SQLAlchemy."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._ended = asyncio.Event()
        self._tasks = TaskManager()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Run a statement; give its rows."""
        async with self._connect() as connection:
            result = await connection.exec_driver_sql(query, args)
            return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement."""
        async with self._connect() as connection:
            await connection.exec_driver_sql(query, args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        """Tell those who listen."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Refuse: within a transaction nobody listens."""
        raise NotImplementedError

    @property
    def shutdown(self) -> asyncio.Event:
        """Whether it has ended."""
        return self._ended

    @property
    def tm(self) -> TaskManager:
        """Tasks of its own: none."""
        return self._tasks

    async def __aenter__(self) -> Self:
        """Begin; two parts of PgQueuer do so with one driver."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End."""


def without_traceback(record: logging.LogRecord) -> bool:
    """Say in one line that the database is away, where PgQueuer shows a traceback.

    A filter for its logger. Any other error stays as it is.
    """
    error = record.exc_info[1] if record.exc_info else None
    if not isinstance(error, Exception):
        return True
    lost = isinstance(error, FailingListenerError)
    if (reason := BROKEN if lost else why_unavailable(error)) is not None:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = f"{AWAY} ({reason})", ()
        record.exc_info = None
    return True


def queue_within(session: AsyncSession) -> Queries:
    """The queue, in a session's transaction: what is added is there with its commit."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[AsyncConnection]:
        yield await session.connection()

    return queue(QueueDriver(connect))


class PatientQueries(Queries):
    """Those of PgQueuer, where the database may be away."""

    async def retry_job(
        self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None
    ) -> None:
        """Have a job tried again.

        PgQueuer would call it failed for good if that cannot be written. It is left
        like one of a worker that died instead, which is found and tried again.
        """
        try:
            with mapped_errors():
                await super().retry_job(job, delay, traceback_record)
        except ServiceUnavailableException as error:
            logger.warning("Found and tried again later: {}", error.detail)


def queue(driver: Driver) -> Queries:
    """The queue, through a driver."""
    names = _names()
    return PatientQueries(
        driver,
        qbe=QueryBuilderEnvironment(settings=names),
        qbq=QueryQueueBuilder(settings=names),
        qbs=QuerySchedulerBuilder(settings=names),
    )


@cache
def _names() -> DBSettings:
    """The names that the migrations gave.

    Said in full, for PgQueuer would take variables like CHANNEL from the environment.
    """
    return DBSettings(
        prefix="",
        channel="ch_pgqueuer",
        db_schema=None,
        durability="durable",
        function="fn_pgqueuer_changed",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        schedules_table="pgqueuer_schedules",
        statistics_table="pgqueuer_statistics",
        trigger="tg_pgqueuer_changed",
        widen_id=False,
    )
