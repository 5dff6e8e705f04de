"""Traces for an OpenTelemetry collector.

Spans have names and durations, never values.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from loguru import logger
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import (
    Span,
    SpanKind,
    StatusCode,
    format_trace_id,
    get_current_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import Settings
from app.kit.hooks import Hooks
from app.kit.telemetry.database import End, watch_statements
from app.kit.telemetry.middleware import TelemetryMiddleware


class Traces:
    """Tracer of one application; it sets no global state."""

    def __init__(
        self, settings: Settings, collector: str, headers: dict[str, str], ratio: float
    ) -> None:
        self._endpoint = (f"{collector}/v1/traces", headers)
        source = {
            "service.name": settings.PROJECT_NAME,
            "service.version": settings.VERSION,
            "deployment.environment.name": settings.ENVIRONMENT,
        }
        self._provider = TracerProvider(
            ParentBasedTraceIdRatio(ratio),
            Resource.create(source),
            shutdown_on_exit=False,
        )
        self._callers = TraceContextTextMapPropagator()
        self.tracer = self._provider.get_tracer("app", settings.VERSION)

    def join(self, hooks: Hooks) -> None:
        """Register the hooks that trace."""
        hooks.middleware.append(partial(TelemetryMiddleware, watch=self.request))
        hooks.log_ids.append("trace_id")
        hooks.process.append(self.process)
        hooks.headers.append(self.headers)
        hooks.job.append(self.job)
        hooks.attempt.append(self.attempt)

    @contextmanager
    def process(self, engine: AsyncEngine) -> Iterator[None]:
        """Trace statements and export spans; flush them at the end."""
        watch_statements(engine, self.statement)
        url, headers = self._endpoint
        exporter = OTLPSpanExporter(url, headers=headers)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        yield
        self._provider.shutdown()

    @contextmanager
    def request(
        self, method: str, headers: Mapping[str, str]
    ) -> Iterator[Callable[[str, int], None]]:
        """Surround a request with a span, in the caller's trace.

        Log lines within have the trace id. Yields a function that takes the route and
        the status.
        """
        with self.tracer.start_as_current_span(
            method,
            self._callers.extract(headers),
            SpanKind.SERVER,
            {"http.request.method": method},
            # The text of an exception may quote values.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            def answered(route: str, status: int) -> None:
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    _fail(span, str(status))

            with logger.contextualize(trace_id=_id_of(span)):
                yield answered

    def headers(self) -> dict[str, str]:
        """Return the current trace as W3C trace context headers."""
        carrier: dict[str, str] = {}
        self._callers.inject(carrier)
        return carrier

    @contextmanager
    def job(self, name: str, headers: Mapping[str, str]) -> Iterator[None]:
        """Surround a job with a span, in the trace of the request that added it."""
        with (
            self.tracer.start_as_current_span(
                f"process {name}",
                self._callers.extract(headers),
                SpanKind.CONSUMER,
                {
                    "messaging.system": "pgqueuer",
                    "messaging.operation.type": "process",
                    "messaging.destination.name": name,
                },
                record_exception=False,
                set_status_on_exception=False,
            ) as span,
            logger.contextualize(trace_id=_id_of(span)),
        ):
            yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        """Mark the span of a job whose handler raises as failed."""
        try:
            yield
        except Exception as error:
            _fail(get_current_span(), type(error).__name__)
            raise

    def statement(self, text: str) -> End:
        """Start the span of a statement; return the function that ends it."""
        if not get_current_span().get_span_context().is_valid:
            # Outside of a trace, such as when polling, each would start its own.
            return lambda _: None
        operation = text.split(maxsplit=1)[0]
        span = self.tracer.start_span(
            operation,
            kind=SpanKind.CLIENT,
            attributes={
                "db.system.name": "postgresql",
                "db.operation.name": operation,
                "db.query.text": text,
            },
        )

        def end(error: BaseException | None) -> None:
            if error:
                _fail(span, type(error).__name__)
            span.end()

        return end


def _id_of(span: Span) -> str:
    return format_trace_id(span.get_span_context().trace_id)


def _fail(span: Span, error: str) -> None:
    span.set_attribute("error.type", error)
    span.set_status(StatusCode.ERROR)
