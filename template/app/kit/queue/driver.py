"""PgQueuer on the connections of SQLAlchemy."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import Any

from loguru import logger
from pgqueuer import AsyncpgDriver, Queries
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.domain.settings import DBSettings
from pgqueuer.errors import FailingListenerError
from pgqueuer.models import CronExpressionEntrypoint, Job, TracebackRecord
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.core.db.errors import AWAY, BROKEN, mapped_errors, why_unavailable
from app.core.exceptions import ServiceUnavailableException

# If a time passed under an earlier expression, the job runs once under the new one.
ADD_SCHEDULES = """
    WITH added AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::interval[])
            AS schedule (expression, entrypoint, delay)
    ), missed AS (
        DELETE FROM pgqueuer_schedules AS earlier USING added
        WHERE earlier.entrypoint = added.entrypoint
            AND earlier.expression <> added.expression
            AND earlier.next_run <= now()
        RETURNING earlier.entrypoint
    )
    INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run)
    SELECT expression, entrypoint,
        CASE WHEN entrypoint IN (SELECT entrypoint FROM missed) THEN now()
        ELSE date_trunc('seconds', now() + delay) END
    FROM added
    ON CONFLICT (entrypoint, expression) DO NOTHING
"""
Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class QueueDriver(AsyncpgDriver):
    """PgQueuer's driver, with its statements run by SQLAlchemy.

    SQLAlchemy begins a transaction with its first statement: a job added before that on
    the raw connection would survive a rollback. If that connection breaks, the outcome
    of a running job would be lost.
    """

    def __init__(self, connect: Connect, listening: Any = None) -> None:
        super().__init__(listening)
        self._connect = connect

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Run a statement; return its rows."""
        async with self._connect() as connection:
            result = await connection.exec_driver_sql(query, args)
            return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement."""
        async with self._connect() as connection:
            await connection.exec_driver_sql(query, args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        """Notify the listeners of a channel."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)


def without_traceback(record: logging.LogRecord) -> bool:
    """Log in one line that the database is unavailable, without a traceback.

    A filter for PgQueuer's logger. Other errors stay as they are.
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
    """Return the queue in a session's transaction: jobs appear with its commit."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[AsyncConnection]:
        yield await session.connection()

    return queue(QueueDriver(connect))


class PatientQueries(Queries):
    """PgQueuer's queries, for a database and workers that may be unavailable."""

    async def retry_job(
        self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None
    ) -> None:
        """Schedule a retry.

        If that cannot be written, PgQueuer would fail the job for good. Instead it is
        left like a job of a dead worker, which is found and retried.
        """
        try:
            with mapped_errors():
                await super().retry_job(job, delay, traceback_record)
        except ServiceUnavailableException as error:
            logger.warning("The job will be retried later: {}", error.detail)

    async def insert_schedule(
        self, schedules: dict[CronExpressionEntrypoint, timedelta]
    ) -> None:
        """Add schedules with the time until their next run; keep existing ones."""
        await self.driver.execute(
            ADD_SCHEDULES,
            [schedule.expression for schedule in schedules],
            [schedule.entrypoint for schedule in schedules],
            list(schedules.values()),
        )


def queue(driver: QueueDriver) -> Queries:
    """Return the queue of a driver."""
    names = _names()
    return PatientQueries(
        driver,
        qbe=QueryBuilderEnvironment(settings=names),
        qbq=QueryQueueBuilder(settings=names),
        qbs=QuerySchedulerBuilder(settings=names),
    )


@cache
def _names() -> DBSettings:
    """Return the names that the migrations use.

    All are set: PgQueuer reads missing ones, like CHANNEL, from the environment.
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
