"""The worker takes jobs from the queue and has them done, on any number of machines."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import product

from loguru import logger
from pgqueuer import PgQueuer
from pgqueuer.core.executors import (
    DatabaseRetryEntrypointExecutor,
    EntrypointExecutorParameters,
)
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.models import Schedule

from app.api.wiring import Shared, Wiring
from app.core.exceptions import ServiceUnavailableException
from app.core.job_queue import ListeningDriver, queue, without_traceback
from app.domain.jobs.base import Job
from app.jobs.registry import JobContext, kinds, perform
from app.service.audit_service import Origin

CLOCK = Origin(address="local", request_id="clock")
# The first pause after a failure, which doubles with each one more, and the longest.
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
# A worker that gave no sign of life for so long is dead: others take what it had.
DEAD_AFTER = timedelta(seconds=30)
# How long to wait for a notification before looking anyway: there is one of each new
# job, and none of one that is to be tried again.
LOOK_AFTER = timedelta(seconds=5)
LOOK_AFTER_PGBOUNCER = timedelta(seconds=1)
# Seconds to wait for a database that is away, and between two looks for the metrics.
AWAY = 5.0
TOLD_EACH = 10.0
STATES = ("queued", "picked", "failed")


class Worker:
    """Runs until it is stopped, and finishes what it has begun."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._stopping = asyncio.Event()
        self._queuer: PgQueuer | None = None
        logging.getLogger("pgqueuer").addFilter(without_traceback)

    def stop(self) -> None:
        """Take no more jobs."""
        self._stopping.set()
        if self._queuer is not None:
            self._queuer.shutdown.set()

    async def run(self) -> None:
        """Work, and start anew where the database was away."""
        telling = asyncio.create_task(self._tell_of_queue())
        try:
            await self._run()
        finally:
            telling.cancel()

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                async with self._shared.database.listening() as driver:
                    await self._work(driver)
            except ServiceUnavailableException as error:
                logger.warning("No jobs are done: {} ({})", error, error.detail)
            except Exception:
                logger.exception("No jobs are done")
            else:
                continue
            await self._rest()

    async def _work(self, driver: ListeningDriver) -> None:
        settings = self._shared.settings
        queries = queue(driver)
        self._queuer = PgQueuer(
            driver, channel=queries.qbe.settings.channel, queries=queries
        )
        self._queuer.qm.tracer = JobContext(self._shared.telemetry)
        for kind in kinds():
            self._register(self._queuer, kind)
        if self._stopping.is_set():
            return
        logger.info("Doing jobs, {} at once", settings.JOBS_AT_ONCE)
        await self._queuer.run(
            batch_size=settings.JOBS_AT_ONCE // 2,
            max_concurrent_tasks=settings.JOBS_AT_ONCE,
            dequeue_timeout=LOOK_AFTER_PGBOUNCER
            if settings.DB_PGBOUNCER
            else LOOK_AFTER,
            # Through a PgBouncer nothing is heard: that is no failure there.
            shutdown_on_listener_failure=not settings.DB_PGBOUNCER,
            heartbeat_timeout=DEAD_AFTER,
            log_aggregation_interval=timedelta(0),
        )

    def _register(self, queuer: PgQueuer, kind: type[Job]) -> None:
        async def do(queued: QueuedJob) -> None:
            await perform(queued, self._shared)

        async def add(_: Schedule) -> None:
            await self._shared.in_transaction(CLOCK, partial(_add, kind()))

        queuer.entrypoint(
            kind.name, on_failure="hold", executor_factory=partial(_retrying, kind)
        )(do)
        if kind.schedule is not None:
            queuer.schedule(kind.name, kind.schedule, clean_old=True)(add)

    async def _tell_of_queue(self) -> None:
        """Have the metrics show what is in the queue."""
        telemetry = self._shared.telemetry
        while telemetry is not None and telemetry.metrics is not None:
            with suppress(ServiceUnavailableException):
                found = await self._shared.in_transaction(CLOCK, _count)
                for name, status in product((kind.name for kind in kinds()), STATES):
                    shown = telemetry.metrics.queue.labels(name, status)
                    shown.set(found.get((name, status), 0))
            await asyncio.sleep(TOLD_EACH)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), AWAY)
        except TimeoutError:
            return


async def _count(wiring: Wiring) -> dict[tuple[str, str], int]:
    return await wiring.jobs.count()


async def _add(job: Job, wiring: Wiring) -> None:
    await wiring.jobs.add_once(job)


def _retrying(
    kind: type[Job], parameters: EntrypointExecutorParameters
) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(
        parameters,
        max_attempts=kind.tries - 1,
        initial_delay=FIRST_PAUSE,
        max_delay=LONGEST_PAUSE,
    )


@asynccontextmanager
async def working(shared: Shared) -> AsyncGenerator[None]:
    """Do jobs in this process too, beside what else it does."""
    worker = Worker(shared)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task
