"""What tests of telemetry share: its settings, and a server that receives it."""

from typing import Any

from app.kit.telemetry.settings import TelemetrySettings


def telemetry(**values: Any) -> list[TelemetrySettings]:
    """Make settings of telemetry from these values alone, for `create_app`."""
    return [TelemetrySettings(_env_file=None, **values)]
