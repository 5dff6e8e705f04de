"""Job queue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from pgqueuer import JobId, Queries
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.queue.driver import queue_within
from app.kit.queue.job import Job

# PgQueuer's tables, which a migration creates.
COUNT = text("SELECT entrypoint, status, count(*) FROM pgqueuer GROUP BY 1, 2")
FAILED = text("""
    SELECT job.id, job.entrypoint, job.updated, coalesce(why.error, 'unknown')
    FROM pgqueuer AS job LEFT JOIN LATERAL (
        SELECT concat_ws(
            ': ', traceback ->> 'exception_type', traceback ->> 'exception_message'
        ) AS error
        FROM pgqueuer_log
        WHERE job_id = job.id AND status = 'failed'
        ORDER BY created DESC
        LIMIT 1
    ) AS why ON true
    WHERE job.status = 'failed'
    ORDER BY job.id
""")
# A dedupe key allows one queued job: without it, all can be retried.
RELEASE = text("UPDATE pgqueuer SET dedupe_key = NULL WHERE id = ANY(:ids)")
PURGE = [
    text("DELETE FROM pgqueuer WHERE status = 'failed' AND updated < :before"),
    text("DELETE FROM pgqueuer_log WHERE created < :before"),
    text("DELETE FROM pgqueuer_statistics WHERE created < :before"),
]


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A dead letter: its attempts have failed, the last one at `since`."""

    id: int
    name: str
    since: datetime
    error: str


class JobQueue:
    """Queue of jobs, in the transaction of a session."""

    def __init__(self, session: AsyncSession, headers: Mapping[str, str]) -> None:
        self._session = session
        self._headers = dict(headers)

    @cached_property
    def _queue(self) -> Queries:
        return queue_within(self._session)

    async def add(self, job: Job) -> None:
        """Add a job, to run after this transaction is committed."""
        await self._queue.enqueue(
            job.name,
            job.model_dump_json().encode(),
            job.priority,
            headers=self._headers,
        )

    async def add_once(self, job: Job) -> None:
        """Add a job, unless one with its name is queued or running."""
        await self._queue.enqueue(
            job.name,
            job.model_dump_json().encode(),
            job.priority,
            headers=self._headers,
            dedupe_key=job.name,
            on_conflict="skip",
        )

    async def count(self) -> dict[tuple[str, str], int]:
        """Return the number of jobs by name and status."""
        rows = await self._session.execute(COUNT)
        return {(name, status): count for name, status, count in rows}

    async def failed(self) -> Sequence[FailedJob]:
        """List the dead letters, the oldest first."""
        return [FailedJob(*row) for row in await self._session.execute(FAILED)]

    async def retry(self, ids: Iterable[int]) -> None:
        """Queue dead letters again, with all their attempts; ignore other jobs."""
        wanted = [JobId(id) for id in ids]
        await self._session.execute(RELEASE, {"ids": wanted})
        await self._queue.requeue_jobs(wanted)

    async def purge(self, kept: timedelta) -> None:
        """Remove failed jobs, logs and statistics older than `kept`."""
        for statement in PURGE:
            await self._session.execute(statement, {"before": datetime.now(UTC) - kept})
