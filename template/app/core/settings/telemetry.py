"""Settings of metrics, traces and reports of errors: all are off without them."""

from importlib.util import find_spec
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from app.core.settings.types import HttpHeaders, Port, PublicUrl, SentryDsn

SWITCHES = ("METRICS_PORT", "OTLP_ENDPOINT", "SENTRY_DSN")
PACKAGES = ("opentelemetry.sdk", "prometheus_client", "sentry_sdk")


class TelemetrySettings(BaseSettings):
    """What the service tells about itself, and whom."""

    # Prometheus: /metrics on a port of its own
    METRICS_PORT: Port | None = None
    # OpenTelemetry: the address of a collector, what it asks for, the share of requests
    OTLP_ENDPOINT: PublicUrl | None = None
    OTLP_HEADERS: HttpHeaders | None = None
    TRACE_RATIO: float = Field(default=1, ge=0, le=1)
    SENTRY_DSN: SentryDsn | None = None

    @property
    def telemetry_is_on(self) -> bool:
        """Whether a setting asks for the packages of the extra."""
        return any(getattr(self, name) is not None for name in SWITCHES)

    @model_validator(mode="after")
    def _packages_are_there(self) -> Self:
        if self.telemetry_is_on and not _installed():
            on = [name for name in SWITCHES if getattr(self, name) is not None]
            raise ValueError(
                f"{', '.join(on)} needs the packages of the extra: "
                "pip install '.[telemetry]' or uv sync --extra telemetry"
            )
        return self


def _installed() -> bool:
    """Look for the packages, and import none of them."""
    try:
        return all(find_spec(package) is not None for package in PACKAGES)
    except ModuleNotFoundError:
        return False
