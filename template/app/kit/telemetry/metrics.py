"""Metrics for Prometheus: the only module that imports its library."""

import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Metric,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.core.config import ConfigurationError, Settings
from app.kit.telemetry.workers import forget_the_dead

LABELS = ("method", "route", "status")
# A worker creates a file empty: how often it is read anew, and after how many seconds.
RETRIES = 5
PAUSE = 0.05

# When a series began is of use to nobody here, and doubles their number.
disable_created_metrics()


class Metrics:
    """What is counted. Of several workers, the sum is shown."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "http_requests_total", "Requests answered", LABELS, registry=registry
        )
        self.durations = Histogram(
            "http_request_duration_seconds",
            "Time from a request to the end of its answer",
            LABELS,
            registry=registry,
        )
        self.in_flight = _gauge("http_requests_in_flight", "Not answered yet", registry)
        self.connections = _gauge(
            "database_connections_in_use", "Connections out of the pool", registry
        )
        self.limit = _gauge(
            "database_connections_limit", "Connections that there may be", registry
        )
        self.jobs = Counter(
            "jobs_total", "Tries of jobs", ("job", "outcome"), registry=registry
        )
        self.job_durations = Histogram(
            "job_duration_seconds", "Time of one try", ("job",), registry=registry
        )
        # Of the database, and so the same for all who ask: none is to be added up.
        self.queue = Gauge(
            "jobs_in_queue",
            "Jobs that wait, are being done, or have failed",
            ("job", "status"),
            registry=registry,
            multiprocess_mode="mostrecent",
        )

    @contextmanager
    def request(
        self, method: str, headers: Mapping[str, str]
    ) -> Iterator[Callable[[str, int], None]]:
        """Surround a request; what this gives is told how it was answered."""
        started = perf_counter()

        def answered(route: str, status: int) -> None:
            labels = (method, route, str(status))
            self.requests.labels(*labels).inc()
            self.durations.labels(*labels).observe(perf_counter() - started)

        with self.in_flight.track_inprogress():
            yield answered

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """Surround one try of a job."""
        outcome = "failed"
        try:
            with self.job_durations.labels(name).time():
                yield
            outcome = "done"
        finally:
            self.jobs.labels(name, outcome).inc()

    def of_one_process(self) -> CollectorRegistry:
        """Add what is known of the process: memory, open files, the Python it runs."""
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        return self.registry


def _gauge(name: str, meaning: str, registry: CollectorRegistry) -> Gauge:
    """Make a gauge that leaves out the workers that are gone."""
    return Gauge(name, meaning, registry=registry, multiprocess_mode="livesum")


class _Workers(Collector):
    """Reads what workers have written."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._files = MultiProcessCollector(None, directory)

    def collect(self) -> Iterable[Metric]:
        """Read them; once more where a worker is about to fill a new file."""
        forget_the_dead(self._directory)
        for _ in range(RETRIES):
            with suppress(struct.error):
                return list(self._files.collect())
            time.sleep(PAUSE)
        return list(self._files.collect())


def of_workers(directory: str) -> CollectorRegistry:
    """Make a registry of what workers write into the directory."""
    registry = CollectorRegistry()
    registry.register(_Workers(directory))
    return registry


@contextmanager
def serve(settings: Settings, registry: CollectorRegistry) -> Iterator[None]:
    """Serve /metrics on METRICS_PORT.

    Raises:
        ConfigurationError: the port is taken.
    """
    host, port = settings.HOST, settings.METRICS_PORT or 0
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise ConfigurationError(
            f"METRICS_PORT: cannot listen on {host}:{port}: {error.strerror}"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
