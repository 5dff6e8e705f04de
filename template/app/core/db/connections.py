"""Checks of the engine's connections."""

from time import monotonic
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db.errors import is_lost

# Ping only connections that were idle for this many seconds: a ping before each use
# would cost as much as the use.
IDLE = 1.0


def watch(engine: AsyncEngine) -> None:
    """Check the connections of an engine before use."""
    event.listen(engine.sync_engine, "checkin", _note_idle)
    event.listen(engine.sync_engine, "checkout", _require_alive)
    event.listen(engine.sync_engine, "handle_error", _give_up_lost)


def _note_idle(connection: Any, record: Any) -> None:
    record.info["idle_since"] = monotonic()
    if connection is not None:
        connection.autocommit = False


def _require_alive(connection: Any, record: Any, _: Any) -> None:
    """Replace a connection that is closed, or fails a ping after idling.

    A new connection is not checked: its first statement reports errors better than
    SQLAlchemy, which replaces a connection only twice.
    """
    if (idle_since := record.info.get("idle_since")) is None:
        return
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    if monotonic() - idle_since > IDLE:
        try:
            connection.ping()
        except TimeoutError:
            # The database hangs: another connection would take as long to fail.
            raise
        except Exception as error:
            raise DisconnectionError from error


def _give_up_lost(context: ExceptionContext) -> None:
    """Replace all connections if one shows that the server is lost.

    An error before there is a connection counts too.
    """
    error = context.sqlalchemy_exception or context.original_exception
    if context.connection is None or is_lost(error):
        context.is_disconnect = True
