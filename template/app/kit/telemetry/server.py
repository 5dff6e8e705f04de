"""Server of /metrics, on its own port."""

import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import active_children
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.core.config import ConfigurationError

# A worker's new file is empty at first: number of retries, and seconds between them.
RETRIES = 5
PAUSE = 0.05


class _Workers(Collector):
    """Collector of the metrics that workers have written."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._files = MultiProcessCollector(None, directory)

    def collect(self) -> Iterable[Metric]:
        """Return the metrics; retry while a worker fills a new file."""
        forget_the_dead(self._directory)
        for _ in range(RETRIES):
            with suppress(struct.error):
                return list(self._files.collect())
            time.sleep(PAUSE)
        return list(self._files.collect())


def of_workers(directory: str) -> CollectorRegistry:
    """Return a registry of the metrics that workers write to the directory."""
    registry = CollectorRegistry()
    registry.register(_Workers(directory))
    return registry


def forget_the_dead(directory: str) -> None:
    """Delete the gauge files of exited workers."""
    files = list(Path(directory).glob("gauge_live*.db"))
    # Listed after the files: the writer of each was a child by then.
    alive = {child.pid for child in active_children()}
    for file in files:
        if int(file.stem.rpartition("_")[2]) not in alive:
            file.unlink(missing_ok=True)


@contextmanager
def serve(host: str, port: int, registry: CollectorRegistry) -> Iterator[None]:
    """Serve the metrics of a registry on METRICS_PORT.

    Raises:
        ConfigurationError: the port is in use.
    """
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
