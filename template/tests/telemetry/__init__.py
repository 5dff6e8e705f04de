"""Settings and a receiver for the tests of telemetry."""

from typing import Any

from app.kit.telemetry.settings import TelemetrySettings


def telemetry(**values: Any) -> list[TelemetrySettings]:
    """Return telemetry settings of these values alone, for `create_app`."""
    return [TelemetrySettings(_env_file=None, **values)]
