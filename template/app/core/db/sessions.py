"""What keeps watch over connections, and over sessions that only read."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session

from app.core.db.errors import is_lost

# Seconds after which a connection that rested is asked for a sign of life. One in use
# need not be: asking before each use would cost as much as the use.
RESTED = 1.0


class WriteInReadingError(RuntimeError):
    """A request that may only read was about to write: a mistake of ours."""

    def __init__(self) -> None:
        super().__init__(
            "GET and HEAD only read. Take another method, or write in a transaction of "
            "its own (Container.in_transaction)."
        )


class SessionEndedError(RuntimeError):
    """A session was used after its request."""

    def __init__(self) -> None:
        super().__init__(
            "The transaction of the request has ended: a stream runs after it, and a "
            "WebSocket has none. Open one for each step: "
            "async with container.open_scope(context) as scope: ..."
        )


# In `session.info`: it has ended; it writes, although it was opened for reading.
ENDED = "ended"
WRITES = "writes"


@event.listens_for(Session, "after_transaction_create")
def refuse_after_end(session: Session, _: object) -> None:
    """Refuse to begin a transaction that nobody would end."""
    if ENDED in session.info:
        raise SessionEndedError


def end(session: AsyncSession) -> None:
    """Refuse any later use of a session."""
    session.info[ENDED] = True


def allow_writing(session: AsyncSession) -> None:
    """Let a session write that was opened for reading, from its next transaction on."""
    session.info[WRITES] = True


class ReadingSession(Session):
    """A session that refuses to write."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Refuse, if there is anything to write."""
        if WRITES in self.info:
            super().flush(objects)
        elif self.new or self.dirty or self.deleted:
            raise WriteInReadingError


@event.listens_for(ReadingSession, "after_begin")
def leave_out_transaction(session: Session, _: Any, connection: Connection) -> None:
    """Have the driver begin none, until the connection is given back.

    The option of the engine that does the same costs nearly as much as it saves. In
    tests there is one already, which is rolled back.
    """
    if WRITES not in session.info and not connection.in_nested_transaction():
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = True


@event.listens_for(ReadingSession, "do_orm_execute")
def refuse_writing(state: ORMExecuteState) -> None:
    """Refuse INSERT, UPDATE and DELETE; what a text does is not looked at."""
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and WRITES not in state.session.info:
        raise WriteInReadingError


@asynccontextmanager
async def transaction_within(session: AsyncSession) -> AsyncIterator[None]:
    """Have a few statements share a transaction, where the session only reads.

    SQLAlchemy begins and ends it, so that its errors are mapped as all others are.
    """
    if not isinstance(session.sync_session, ReadingSession):
        yield
        return
    connection = await (await session.connection()).get_raw_connection()
    driver: Any = connection.dbapi_connection
    driver.autocommit = False
    yield
    await session.commit()


def watch(engine: AsyncEngine) -> None:
    """Have connections looked at before they are used."""
    event.listen(engine.sync_engine, "checkin", _lay_to_rest)
    event.listen(engine.sync_engine, "checkout", _require_alive)
    event.listen(engine.sync_engine, "handle_error", _give_up_lost)


def _lay_to_rest(connection: Any, record: Any) -> None:
    record.info["rests_since"] = monotonic()
    if connection is not None:
        connection.autocommit = False


def _require_alive(connection: Any, record: Any, _: Any) -> None:
    """Have a connection replaced that is closed, or does not answer after a rest.

    One that was just opened is not looked at: what is wrong with it, its first
    statement says better than SQLAlchemy, which replaces a connection only twice.
    """
    if (rests_since := record.info.get("rests_since")) is None:
        return
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    if monotonic() - rests_since > RESTED:
        try:
            connection.ping()
        except TimeoutError:
            # One that hangs is not the only one: another would be waited for as long.
            raise
        except Exception as error:
            raise DisconnectionError from error


def _give_up_lost(context: ExceptionContext) -> None:
    """Have all connections replaced where one shows that the server is lost.

    What fails before there is a connection is no fault of a statement either.
    """
    error = context.sqlalchemy_exception or context.original_exception
    if context.connection is None or is_lost(error):
        context.is_disconnect = True
