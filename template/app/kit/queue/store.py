"""The queue of jobs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pgqueuer import JobId
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.queue.driver import queue_within
from app.kit.queue.job import Job

# The names are those of PgQueuer's tables, which a migration of ours has made.
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
# Of those that are added once, one at most could wait: here all do.
RELEASE = text("UPDATE pgqueuer SET dedupe_key = NULL WHERE id = ANY(:ids)")
PURGE = [
    text("DELETE FROM pgqueuer WHERE status = 'failed' AND updated < :before"),
    text("DELETE FROM pgqueuer_log WHERE created < :before"),
    text("DELETE FROM pgqueuer_statistics WHERE created < :before"),
]


@dataclass(frozen=True, slots=True)
class FailedJob:
    """One that was tried as often as it is to be, and since when it is not."""

    id: int
    name: str
    since: datetime
    error: str


class JobQueue:
    """Adds jobs, in the transaction of the session; and looks after them."""

    def __init__(self, session: AsyncSession, headers: Mapping[str, str]) -> None:
        self._session = session
        self._queue = queue_within(session)
        self._headers = dict(headers)

    async def add(self, job: Job) -> None:
        """Have a job done, once what this transaction does is committed."""
        await self._queue.enqueue(
            job.name, job.model_dump_json().encode(), headers=self._headers
        )

    async def add_once(self, job: Job) -> None:
        """The same, unless one of its name waits or is being done."""
        await self._queue.enqueue(
            job.name,
            job.model_dump_json().encode(),
            headers=self._headers,
            dedupe_key=job.name,
            on_conflict="skip",
        )

    async def count(self) -> dict[tuple[str, str], int]:
        """Tell how many there are, by name and status."""
        rows = await self._session.execute(COUNT)
        return {(name, status): count for name, status, count in rows}

    async def failed(self) -> Sequence[FailedJob]:
        """List the dead letters, the oldest first."""
        return [FailedJob(*row) for row in await self._session.execute(FAILED)]

    async def retry(self, ids: Iterable[int]) -> None:
        """Have dead letters tried again, as often as new ones. Others stay."""
        wanted = [JobId(id) for id in ids]
        await self._session.execute(RELEASE, {"ids": wanted})
        await self._queue.requeue_jobs(wanted)

    async def purge(self, kept: timedelta) -> None:
        """Remove what was done, and what failed, longer ago."""
        for statement in PURGE:
            await self._session.execute(statement, {"before": datetime.now(UTC) - kept})
