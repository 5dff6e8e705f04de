"""Error reports for Sentry: the only module that imports its library."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sentry_sdk
from loguru import logger
from pydantic import SecretStr
from sentry_sdk.integrations.loguru import LoguruEventHandler
from sentry_sdk.types import Event, Hint
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import Settings
from app.core.logging import without_values


@contextmanager
def reporting_errors(
    dsn: SecretStr, settings: Settings, _: AsyncEngine
) -> Iterator[None]:
    """Report each logged error once, without personal data."""
    sentry_sdk.init(
        dsn.get_secret_value(),
        environment=settings.ENVIRONMENT,
        release=settings.VERSION,
        # Personal data is off by default; the option for it is deprecated.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=_without_values,
        # Every error is logged: integrations would report it twice, with more data.
        default_integrations=False,
    )
    handler = logger.add(
        LoguruEventHandler(),
        level="ERROR",
        # A function: to a string Loguru would append the traceback, with values.
        format=lambda _: "{message}",
        diagnose=False,
        # An unreachable trace collector is not an error of the service.
        filter=lambda record: not (record["name"] or "").startswith("opentelemetry."),
    )
    yield
    # A later setup of logging has removed it.
    with suppress(ValueError):
        logger.remove(handler)
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def _without_values(event: Event, _: Hint) -> Event:
    for error in event.get("exception", {}).get("values", ()):
        # For database errors Sentry takes only the detail, which quotes the row.
        quotes = str(error.get("module")).startswith(("asyncpg", "sqlalchemy"))
        error["value"] = "" if quotes else without_values(str(error.get("value")))
    line = event.get("logentry", {})
    event["logentry"] = {"message": without_values(str(line.get("message", "")))}
    return event
