"""The database engine, its sessions and their transactions."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

from loguru import logger
from sqlalchemy import text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from app.core.db.connections import watch
from app.core.db.errors import AWAY, LATE, mapped_errors
from app.core.db.hosts import connect_first
from app.core.db.prepared import retry_outdated
from app.core.db.sessions import ReadingSession, end
from app.core.db.unit_of_work import commit
from app.core.exceptions import ServiceUnavailableException
from app.core.settings.database import DatabaseSettings

Access = Literal["read-write", "read-only"]
READ_ONLY = text("SHOW transaction_read_only")


class DatabaseManager:
    """Owner of the engine between `connect` and `disconnect`.

    A transaction is committed where it was opened, and nowhere else.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._engine: AsyncEngine | None = None
        self._sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(
            expire_on_commit=False, autoflush=False
        )
        self._readers: async_sessionmaker[AsyncSession] = async_sessionmaker(
            sync_session_class=ReadingSession,
            expire_on_commit=False,
            autoflush=False,
        )

    async def connect(self) -> AsyncEngine:
        """Create the engine. The service starts even if the database is down."""
        self._engine = make_engine(self._settings)
        self._sessions.configure(bind=self._engine)
        self._readers.configure(bind=self._engine)
        try:
            access = await self.ping()
        except ServiceUnavailableException as error:
            logger.warning("{}: {}", error, error.__cause__)
        else:
            logger.info("Database connected, {}", access)
        return self._engine

    async def disconnect(self) -> None:
        """Close all connections."""
        if self._engine is not None:
            await self._engine.dispose()

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[None]:
        """Connect for the time of a block, such as a script."""
        try:
            await self.connect()
            yield
        finally:
            await self.disconnect()

    @property
    def engine(self) -> AsyncEngine:
        """The engine.

        Raises:
            ServiceUnavailableException: `connect` was not called.
        """
        if self._engine is None:
            raise ServiceUnavailableException(AWAY, "Not connected")
        return self._engine

    async def ping(self) -> Access:
        """Return whether the database accepts writes or is read-only.

        Raises:
            ServiceUnavailableException: the database is unavailable; `detail` says why.
        """
        try:
            async with asyncio.timeout(self._settings.DB_CONNECT_TIMEOUT):
                with mapped_errors():
                    async with self._readers() as session:
                        read_only = await session.scalar(READ_ONLY)
                        return "read-only" if read_only == "on" else "read-write"
        except TimeoutError as error:
            raise ServiceUnavailableException(AWAY, LATE) from error

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """Yield a read-only session, whose statements run in autocommit.

        Each sees what is committed by then, as in a READ COMMITTED transaction, which
        would cost two more round trips.

        Raises:
            WriteInReadingError: the session was about to write.
            ServiceUnavailableException: the database is down, hangs or is overloaded.
        """
        with mapped_errors():
            session = self._readers()
            try:
                yield session
                # Otherwise unflushed changes would be lost silently.
                if session.new or session.dirty or session.deleted:
                    await session.flush()
            finally:
                await end(session)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """Yield a session; commit at the end, roll back on an error.

        Raises:
            ConflictException: a constraint with a conflict message was violated; some
                are only checked at the commit.
            ServiceUnavailableException: the database is down, hangs or is overloaded.
        """
        with mapped_errors():
            session = self._sessions()
            try:
                yield session
                await commit(session)
            finally:
                await end(session)

    @asynccontextmanager
    async def with_statement_timeout(
        self, seconds: float
    ) -> AsyncGenerator["DatabaseManager"]:
        """Yield the same database with another statement timeout; 0: none."""
        update = {"DB_STATEMENT_TIMEOUT": seconds}
        other = DatabaseManager(self._settings.model_copy(update=update))
        await other.connect()
        try:
            yield other
        finally:
            await other.disconnect()


def make_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Create an engine for these settings. It connects on first use."""
    arguments = settings.driver_arguments
    if "host" in arguments:
        arguments["async_creator_fn"] = connect_first
    engine = create_async_engine(
        # The driver gets the URL's parameters as arguments.
        settings.database_url.set(query={}),
        echo=settings.DB_ECHO,
        pool_size=settings.DB_POOL_SIZE,
        max_overflow=settings.DB_MAX_OVERFLOW,
        pool_timeout=settings.DB_POOL_TIMEOUT,
        # The connection used last is the most likely to be alive.
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "timeout": settings.DB_CONNECT_TIMEOUT,
            # Client-side: a database that hangs does not enforce its own timeout.
            "command_timeout": settings.DB_STATEMENT_TIMEOUT or None,
            **_preparation(settings),
            **arguments,
        },
    )
    watch(engine)
    retry_outdated(engine)
    return engine


def _preparation(settings: DatabaseSettings) -> dict[str, object]:
    """Disable prepared statements with PgBouncer, which switches connections."""
    if not settings.has_pgbouncer:
        return {}
    # The caches of asyncpg and of SQLAlchemy: both must be off.
    return {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
