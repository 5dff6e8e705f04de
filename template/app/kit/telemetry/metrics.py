"""Metrics for Prometheus."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import product
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.exceptions import ServiceUnavailableException
from app.kit.hooks import Hooks
from app.kit.queue.store import JobQueue
from app.kit.queue.unhandled import unhandled
from app.kit.telemetry.database import watch_pool
from app.kit.telemetry.middleware import TelemetryMiddleware
from app.kit.telemetry.server import serve
from app.kit.telemetry.workers import DIRECTORY

LABELS = ("method", "route", "status")
STATES = ("queued", "picked", "failed")
# Seconds between two counts of the queue
COUNTED_EACH = 10.0

# Creation times are not used, and double the number of series.
disable_created_metrics()


class Metrics:
    """Counters and durations; with several workers, their sums."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._address = (settings.HOST, port)
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "http_requests_total", "HTTP requests", LABELS, registry=registry
        )
        self.durations = Histogram(
            "http_request_duration_seconds",
            "Duration of a request, including its response body",
            LABELS,
            registry=registry,
        )
        self.in_flight = _gauge("http_requests_in_flight", "Active requests", registry)
        self.connections = _gauge(
            "database_connections_in_use",
            "Connections checked out of the pool",
            registry,
        )
        self.limit = _gauge(
            "database_connections_limit", "Maximum number of connections", registry
        )
        self.limit.set(settings.DB_POOL_SIZE + settings.DB_MAX_OVERFLOW)
        self.jobs = Counter(
            "jobs_total", "Job attempts", ("job", "outcome"), registry=registry
        )
        self.job_durations = Histogram(
            "job_duration_seconds",
            "Duration of a job attempt",
            ("job",),
            registry=registry,
        )
        # The same in every process: do not sum.
        self.queue = Gauge(
            "jobs_in_queue",
            "Jobs that are queued, running or failed",
            ("job", "status", "priority"),
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self.unhandled = Gauge(
            "jobs_without_handler",
            "Waiting jobs whose name no handler has",
            registry=registry,
            multiprocess_mode="mostrecent",
        )

    def join(self, hooks: Hooks) -> None:
        """Register the hooks that count."""
        hooks.middleware.append(partial(TelemetryMiddleware, watch=self.request))
        hooks.process.append(self.process)
        hooks.worker.append(self.worker)
        hooks.attempt.append(self.attempt)

    @contextmanager
    def process(self, engine: AsyncEngine) -> Iterator[None]:
        """Serve the metrics; with several workers, the parent process does."""
        watch_pool(engine, self.connections.set)
        if DIRECTORY in os.environ:
            yield
            return
        with serve(*self._address, self.of_one_process()):
            yield

    @contextmanager
    def worker(
        self, database: DatabaseManager, priorities: Mapping[str, int]
    ) -> Iterator[None]:
        """Count the jobs in the queue periodically."""
        counting = asyncio.create_task(self._count_jobs(database, priorities))
        try:
            yield
        finally:
            counting.cancel()

    @contextmanager
    def request(
        self, method: str, headers: Mapping[str, str]
    ) -> Iterator[Callable[[str, int], None]]:
        """Measure a request; yield a function that takes its route and status."""
        started = perf_counter()

        def answered(route: str, status: int) -> None:
            labels = (method, route, str(status))
            self.requests.labels(*labels).inc()
            self.durations.labels(*labels).observe(perf_counter() - started)

        with self.in_flight.track_inprogress():
            yield answered

    @contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        """Count and time one attempt of a job."""
        outcome = "failed"
        try:
            with self.job_durations.labels(name).time():
                yield
            outcome = "done"
        finally:
            self.jobs.labels(name, outcome).inc()

    def of_one_process(self) -> CollectorRegistry:
        """Return the registry, with metrics of the process and of Python added."""
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        return self.registry

    async def _count_jobs(
        self, database: DatabaseManager, priorities: Mapping[str, int]
    ) -> None:
        while True:
            with suppress(ServiceUnavailableException):
                async with database.reading() as session:
                    found = await JobQueue(session, {}).count()
                for (name, priority), status in product(priorities.items(), STATES):
                    series = self.queue.labels(name, status, priority)
                    series.set(found.get((name, status), 0))
                self.unhandled.set(sum(unhandled(found, priorities).values()))
            await asyncio.sleep(COUNTED_EACH)


def _gauge(name: str, meaning: str, registry: CollectorRegistry) -> Gauge:
    """Return a gauge that sums up the live workers only."""
    return Gauge(name, meaning, registry=registry, multiprocess_mode="livesum")
