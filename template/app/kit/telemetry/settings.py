"""Settings of metrics, traces and error reports, which are off by default."""

import re
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib.util import find_spec
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from app.core.config import Settings
from app.core.settings.types import Port, PublicUrl
from app.kit.hooks import Hooks
from app.kit.parts import PartSettings
from app.kit.telemetry.workers import metrics_beside

SWITCHES = ("METRICS_PORT", "OTLP_ENDPOINT", "SENTRY_DSN")
PACKAGES = ("opentelemetry.sdk", "prometheus_client", "sentry_sdk")
HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+=[\x20-\x7e]*", re.ASCII)
DSN = re.compile(r"https?://[^\s/?#@]+@[^\s/?#@]+(/[^\s/?#]+)*/\d+")


def http_headers(secret: SecretStr | None) -> dict[str, str]:
    """Parse headers of the form `name=value,name=value`.

    Raises:
        ValueError: one of them is not a valid header.
    """
    text = secret.get_secret_value() if secret else ""
    pairs = [pair.strip() for pair in text.split(",")] if text else []
    if not all(HEADER.fullmatch(pair) for pair in pairs):
        raise ValueError("must have the form name=value,name=value")
    return dict(pair.split("=", 1) for pair in pairs)


def _headers(value: SecretStr) -> SecretStr:
    http_headers(value)
    return value


def _dsn(value: SecretStr) -> SecretStr:
    if not DSN.fullmatch(value.get_secret_value()):
        raise ValueError("must have the form https://key@host/number")
    return value


HttpHeaders = Annotated[SecretStr, AfterValidator(_headers)]
SentryDsn = Annotated[SecretStr, AfterValidator(_dsn)]


class TelemetrySettings(PartSettings):
    """Settings of telemetry, which is enabled part by part."""

    # Prometheus: /metrics on its own port
    METRICS_PORT: Port | None = None
    PORT: Port = Settings.model_fields["PORT"].default
    # OpenTelemetry: URL of the collector, its headers, the share of requests traced
    OTLP_ENDPOINT: PublicUrl | None = None
    OTLP_HEADERS: HttpHeaders | None = None
    TRACE_RATIO: float = Field(default=1, ge=0, le=1)
    SENTRY_DSN: SentryDsn | None = None

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if self.METRICS_PORT == self.PORT:
            raise ValueError("METRICS_PORT must differ from PORT")
        return self

    @model_validator(mode="after")
    def _packages_are_installed(self) -> Self:
        on = [name for name in SWITCHES if getattr(self, name) is not None]
        if on and not _installed():
            raise ValueError(
                f"{', '.join(on)} needs the telemetry extra: "
                "pip install '.[telemetry]' or uv sync --extra telemetry"
            )
        return self

    def join(self, hooks: Hooks, settings: Settings) -> None:
        """Import and register the enabled parts."""
        if self.SENTRY_DSN:
            from app.kit.telemetry.reports import reporting_errors

            hooks.process.append(partial(reporting_errors, self.SENTRY_DSN, settings))
        if self.OTLP_ENDPOINT:
            from app.kit.telemetry.traces import Traces

            headers = http_headers(self.OTLP_HEADERS)
            traces = Traces(settings, self.OTLP_ENDPOINT, headers, self.TRACE_RATIO)
            traces.join(hooks)
        if self.METRICS_PORT:
            from app.kit.telemetry.metrics import Metrics

            Metrics(settings, self.METRICS_PORT).join(hooks)

    def around_server(self, settings: Settings) -> AbstractContextManager[None]:
        """Serve the metrics of several workers."""
        port = self.METRICS_PORT
        return metrics_beside(settings, port) if port else nullcontext()


def _installed() -> bool:
    """Return whether the packages are installed, without importing them."""
    try:
        return all(find_spec(package) is not None for package in PACKAGES)
    except ModuleNotFoundError:
        return False
