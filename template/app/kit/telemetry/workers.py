"""Metrics of several workers: each writes files, and one process serves them all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from app.core.config import Settings
from app.kit.ports import check_port

# The variable by which workers know where to write; their package gave it its name.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def metrics_beside(settings: Settings, port: int) -> Iterator[None]:
    """Serve METRICS_PORT where the server's processes are children of this one.

    Raises:
        ConfigurationError: the port is taken.
    """
    check_port(settings.HOST, port, "METRICS_PORT")
    if not (settings.WORKERS > 1 or settings.RELOAD):
        yield
        return
    with TemporaryDirectory(prefix="metrics-") as directory:
        # Before the package is imported, here or in a child.
        os.environ[DIRECTORY] = directory
        from app.kit.telemetry.server import of_workers, serve

        try:
            with serve(settings.HOST, port, of_workers(directory)):
                yield
        finally:
            del os.environ[DIRECTORY]
