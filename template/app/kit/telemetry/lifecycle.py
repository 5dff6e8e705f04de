"""Metrics, traces and reports of errors, each where a setting asks for it.

The one door to the packages of the extra [telemetry]: whoever needs them imports this
module, late, and only where a setting asks for it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from threading import Thread

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import Settings
from app.kit.telemetry.database import watch_pool, watch_statements
from app.kit.telemetry.metrics import Metrics, of_workers, serve
from app.kit.telemetry.reports import reporting_errors
from app.kit.telemetry.traces import Traces
from app.kit.telemetry.workers import DIRECTORY

__all__ = ["Telemetry", "of_workers", "serve"]
# Seconds that the end may take, where a collector is away.
LAST_WORDS = 3.0


class Telemetry:
    """What one process tells about itself, between `start` and `stop`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ends = ExitStack()
        self.metrics = Metrics() if settings.METRICS_PORT else None
        self.traces = Traces(settings) if settings.OTLP_ENDPOINT else None
        self.watches = [part.request for part in (self.metrics, self.traces) if part]

    def start(self, engine: AsyncEngine) -> None:
        """Begin to serve and to send.

        Raises:
            ConfigurationError: METRICS_PORT is taken.
        """
        settings = self._settings
        if settings.SENTRY_DSN:
            self._ends.enter_context(reporting_errors(settings.SENTRY_DSN, settings))
        if self.traces:
            watch_statements(engine, self.traces.statement)
            self._ends.enter_context(self.traces.sending(settings))
        if self.metrics:
            self.metrics.limit.set(settings.DB_POOL_SIZE + settings.DB_MAX_OVERFLOW)
            watch_pool(engine, self.metrics.connections.set)
            # Of several workers none serves: the process that started them does.
            if DIRECTORY not in os.environ:
                self._ends.enter_context(serve(settings, self.metrics.of_one_process()))

    def context(self) -> dict[str, str]:
        """Give what a job needs to go on with the present trace."""
        return self.traces.context() if self.traces else {}

    @contextmanager
    def job(self, name: str, headers: Mapping[str, str]) -> Iterator[None]:
        """Surround a job, in the trace of who added it."""
        with self.traces.job(name, headers) if self.traces else nullcontext():
            yield

    @contextmanager
    def trying(self, name: str) -> Iterator[None]:
        """Surround one try of it, which may fail."""
        with self.metrics.job(name) if self.metrics else nullcontext():
            try:
                yield
            except Exception as error:
                if self.traces:
                    self.traces.fail(error)
                raise

    async def stop(self) -> None:
        """Send what is left, for LAST_WORDS at most; the event loop goes on."""
        ending = Thread(target=self._ends.close, daemon=True)
        ending.start()
        await to_thread.run_sync(ending.join, LAST_WORDS)
