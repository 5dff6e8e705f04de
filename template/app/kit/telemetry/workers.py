"""Metrics of several workers: each writes files, the parent process serves them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from app.core.config import Settings
from app.kit.ports import check_port

# prometheus_client's variable for the directory that workers write to.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def metrics_beside(settings: Settings, port: int) -> Iterator[None]:
    """Serve METRICS_PORT here if the server runs in child processes.

    Raises:
        ConfigurationError: the port is in use.
    """
    check_port(settings.HOST, port, "METRICS_PORT")
    if not (settings.WORKERS > 1 or settings.RELOAD):
        yield
        return
    with TemporaryDirectory(prefix="metrics-") as directory:
        # Before prometheus_client is imported, here or in a child.
        os.environ[DIRECTORY] = directory
        from app.kit.telemetry.server import of_workers, serve

        try:
            with serve(settings.HOST, port, of_workers(directory)):
                yield
        finally:
            del os.environ[DIRECTORY]
