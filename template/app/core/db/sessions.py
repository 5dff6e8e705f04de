"""Read-only sessions, and what ends or pauses a session."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session


class WriteInReadingError(RuntimeError):
    """Attempt to write in a read-only session: a bug."""

    def __init__(self) -> None:
        super().__init__(
            "GET and HEAD are read-only. Use another method, or write in a separate "
            "transaction (Container.in_transaction)."
        )


class SessionEndedError(RuntimeError):
    """Use of a session after its request."""

    def __init__(self) -> None:
        super().__init__(
            "The transaction of the request has ended: a stream runs after it, and a "
            "WebSocket has none. Open one per step: "
            "async with container.open_scope(context) as scope: ..."
        )


class SessionReleasedError(RuntimeError):
    """Use of a session during slow work: a bug."""

    def __init__(self) -> None:
        super().__init__(
            "The connection is released for slow work. Use the database before or "
            "after `async with unit.released()`, not inside."
        )


# Keys in `session.info`: the session has ended; its connection is released; a read-only
# session may write.
ENDED = "ended"
RELEASED = "released"
WRITES = "writes"


@event.listens_for(Session, "after_transaction_create")
def refuse_without_connection(session: Session, _: object) -> None:
    """Refuse to begin a transaction after the end of the session, or in slow work."""
    if ENDED in session.info:
        raise SessionEndedError
    if RELEASED in session.info:
        raise SessionReleasedError


async def end(session: AsyncSession) -> None:
    """Close a session, to the end even if the request is cancelled meanwhile.

    Any later use is refused. The task is eager: most sessions close without waiting.
    """
    session.info[ENDED] = True
    loop, cancelled = asyncio.get_running_loop(), None
    closing = asyncio.Task(session.close(), loop=loop, eager_start=True)
    while not closing.done():
        try:
            await asyncio.wait([closing])
        except asyncio.CancelledError as error:
            cancelled = error
    closing.result()
    if cancelled:
        raise cancelled


@contextmanager
def unused(session: AsyncSession) -> Iterator[None]:
    """Refuse any use of a session in the block."""
    session.info[RELEASED] = True
    try:
        yield
    finally:
        del session.info[RELEASED]


def allow_writing(session: AsyncSession) -> None:
    """Let a read-only session write, from its next transaction on."""
    session.info[WRITES] = True


class ReadingSession(Session):
    """A session that refuses to write."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Raise WriteInReadingError if there is anything to write."""
        if WRITES in self.info:
            super().flush(objects)
        elif self.new or self.dirty or self.deleted:
            raise WriteInReadingError

    def execute(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Refuse INSERT, UPDATE and DELETE; textual SQL is not checked."""
        check_writes(self, statement)
        return super().execute(statement, *args, **options)

    def scalar(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Refuse what `execute` refuses."""
        check_writes(self, statement)
        return super().scalar(statement, *args, **options)

    def scalars(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Refuse what `execute` refuses."""
        check_writes(self, statement)
        return super().scalars(statement, *args, **options)


def check_writes(session: Session, statement: object) -> None:
    """Raise WriteInReadingError if a statement writes and its session only reads."""
    reads = isinstance(session, ReadingSession) and WRITES not in session.info
    if reads and getattr(statement, "is_dml", False):
        raise WriteInReadingError


@event.listens_for(ReadingSession, "after_begin")
def leave_out_transaction(session: Session, _: Any, connection: Connection) -> None:
    """Set the driver to autocommit until the connection is returned.

    SQLAlchemy's AUTOCOMMIT option costs nearly as much as it saves. Tests run in an
    outer transaction, which is rolled back.
    """
    if WRITES not in session.info and not connection.in_nested_transaction():
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = True


@asynccontextmanager
async def transaction_within(session: AsyncSession) -> AsyncIterator[None]:
    """Run a few statements of a read-only session in one transaction.

    SQLAlchemy begins and ends it, so its errors are mapped like all others.
    """
    if not isinstance(session.sync_session, ReadingSession):
        yield
        return
    connection = await (await session.connection()).get_raw_connection()
    driver: Any = connection.dbapi_connection
    driver.autocommit = False
    yield
    await session.commit()
