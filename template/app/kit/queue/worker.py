"""Worker that runs queued jobs, on any number of machines."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from loguru import logger
from pgqueuer import DatabaseRetryEntrypointExecutor, PgQueuer
from pgqueuer import Job as QueuedJob
from pgqueuer.executors import EntrypointExecutorParameters
from pgqueuer.models import Schedule

from app.core.exceptions import ServiceUnavailableException
from app.kit.hooks import around
from app.kit.queue.driver import queue, without_traceback
from app.kit.queue.job import Job
from app.kit.queue.listening import ListeningDriver, listening
from app.kit.queue.registry import Handlers, Host, JobContext, perform
from app.kit.queue.store import JobQueue
from app.kit.queue.unhandled import warning_of_unhandled

# Context of scheduled jobs.
CLOCK = {"address": "local", "request_id": "clock"}
# Exponential backoff: the first and the longest pause.
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
# Without a heartbeat for this long a worker is dead: others take over its jobs.
DEAD_AFTER = timedelta(seconds=30)
# How long to wait for a notification before polling: new jobs send one, retries do not.
LOOK_AFTER = timedelta(seconds=5)
LOOK_AFTER_PGBOUNCER = timedelta(seconds=1)
# Seconds to wait before reconnecting to the database.
AWAY = 5.0


class Worker[H: Host]:
    """Worker that runs jobs until it is stopped, and finishes those it has started."""

    def __init__(self, host: H, handlers: Handlers[H]) -> None:
        self._host = host
        self._handlers = handlers
        self._stopping = asyncio.Event()
        self._priorities = {
            name: kind.priority for kind in handlers for name in kind.names()
        }
        self._queuer: PgQueuer | None = None
        logging.getLogger("pgqueuer").addFilter(without_traceback)

    def stop(self) -> None:
        """Take no more jobs."""
        self._stopping.set()
        if self._queuer is not None:
            self._queuer.shutdown.set()

    async def run(self) -> None:
        """Run jobs, and resume after the database was unavailable."""
        with around(self._host.hooks.worker, self._host.database, self._priorities):
            await self._run()

    async def _run(self) -> None:
        database = self._host.database
        while not self._stopping.is_set():
            try:
                async with (
                    listening(database) as driver,
                    warning_of_unhandled(database, self._priorities),
                ):
                    await self._work(driver)
            except ServiceUnavailableException as error:
                logger.warning("Worker paused: {} ({})", error, error.detail)
            except Exception:
                logger.exception("Worker paused")
            else:
                continue
            await self._pause()

    async def _work(self, driver: ListeningDriver) -> None:
        settings = self._host.settings
        queries = queue(driver)
        self._queuer = PgQueuer(
            driver, channel=queries.qbe.settings.channel, queries=queries
        )
        self._queuer.qm.tracer = JobContext(self._host.hooks)
        for kind in self._handlers:
            self._register(self._queuer, kind)
        if self._stopping.is_set():
            return
        logger.info("Processing jobs, {} at once", settings.JOBS_AT_ONCE)
        await self._queuer.run(
            batch_size=settings.JOBS_AT_ONCE // 2,
            max_concurrent_tasks=settings.JOBS_AT_ONCE,
            dequeue_timeout=LOOK_AFTER_PGBOUNCER
            if settings.has_pgbouncer
            else LOOK_AFTER,
            # PgBouncer delivers no notifications: that is not a failure.
            shutdown_on_listener_failure=not settings.has_pgbouncer,
            heartbeat_timeout=DEAD_AFTER,
            log_aggregation_interval=timedelta(0),
        )

    def _register(self, queuer: PgQueuer, kind: type[Job]) -> None:
        async def run(queued: QueuedJob) -> None:
            await perform(queued, self._host, self._handlers)

        async def add(_: Schedule) -> None:
            async with self._host.database.transaction() as session:
                await JobQueue(session, CLOCK).add_once(kind())

        for name in kind.names():
            queuer.entrypoint(
                name, on_failure="hold", executor_factory=partial(_retrying, kind)
            )(run)
        if kind.schedule is not None:
            queuer.schedule(kind.name, kind.schedule)(add)

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), AWAY)
        except TimeoutError:
            return


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
async def working[H: Host](host: H, handlers: Handlers[H]) -> AsyncGenerator[None]:
    """Run a worker in this process."""
    worker = Worker(host, handlers)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task
