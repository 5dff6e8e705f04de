"""The database engine, its sessions and their transactions."""

import asyncio
import ssl
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

from app.core.db.errors import AWAY, LATE, mapped_errors
from app.core.db.sessions import ReadingSession, end, watch
from app.core.db.unit_of_work import commit
from app.core.exceptions import ServiceUnavailableException
from app.core.settings.database import DatabaseSettings

Access = Literal["read-write", "read-only"]
READ_ONLY = text("SHOW transaction_read_only")


class DatabaseManager:
    """Owns the engine between `connect` and `disconnect`.

    Whoever opens a transaction commits it, and nobody else does.
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
        """Make the engine. A database that is down does not stop the start."""
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

    @property
    def engine(self) -> AsyncEngine:
        """The engine.

        Raises:
            ServiceUnavailableException: it is not connected.
        """
        if self._engine is None:
            raise ServiceUnavailableException(AWAY, "Not connected")
        return self._engine

    async def ping(self) -> Access:
        """Return whether the database takes changes, or can be read only.

        Raises:
            ServiceUnavailableException: it gives no sign of life, and why.
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
        """Give a session that only reads, without a transaction around its statements.

        Each of them sees what is committed by then, as it would in a transaction (READ
        COMMITTED), whose begin and end would cost as much as two of them.

        Raises:
            WriteInReadingError: something was to be written.
            ServiceUnavailableException: the database is away, hangs, or is overloaded.
        """
        async with _session(self._readers) as session:
            yield session
            # What was changed and not written would be lost in silence.
            await session.flush()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """Give a session; commit at the end, roll back where an error leaves.

        Raises:
            ConflictException: a constraint that a repository knows forbids it; some
                are checked at the commit only.
            ServiceUnavailableException: the database is away, hangs, or is overloaded.
        """
        async with _session(self._sessions) as session:
            yield session
            await commit(session)

    @asynccontextmanager
    async def with_statement_timeout(
        self, seconds: float
    ) -> AsyncGenerator["DatabaseManager"]:
        """Give the same database with another limit for a statement; 0: none."""
        update = {"DB_STATEMENT_TIMEOUT": seconds}
        other = DatabaseManager(self._settings.model_copy(update=update))
        await other.connect()
        try:
            yield other
        finally:
            await other.disconnect()


@asynccontextmanager
async def _session(
    sessions: async_sessionmaker[AsyncSession],
) -> AsyncGenerator[AsyncSession]:
    with mapped_errors():
        async with sessions() as session:
            try:
                yield session
            finally:
                end(session)


def make_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Make an engine for these settings. It connects when first used."""
    engine = create_async_engine(
        settings.database_url,
        echo=settings.DB_ECHO,
        pool_size=settings.DB_POOL_SIZE,
        max_overflow=settings.DB_MAX_OVERFLOW,
        pool_timeout=settings.DB_POOL_TIMEOUT,
        # The connection that was used last is the one most likely alive.
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "timeout": settings.DB_CONNECT_TIMEOUT,
            # On this side: a database that hangs would not heed a limit of its own.
            "command_timeout": settings.DB_STATEMENT_TIMEOUT or None,
            **_preparation(settings),
            **_encryption(settings),
        },
    )
    watch(engine)
    return engine


def _preparation(settings: DatabaseSettings) -> dict[str, object]:
    """Prepare nothing where the next statement may meet another server process."""
    if not settings.DB_PGBOUNCER:
        return {}
    # The first is asyncpg's own, the second SQLAlchemy's: one alone is not enough.
    return {"statement_cache_size": 0, "prepared_statement_cache_size": 0}


def _encryption(settings: DatabaseSettings) -> dict[str, object]:
    """Say how asyncpg encrypts; a DATABASE_URL says it itself (`?ssl=`)."""
    if settings.DATABASE_URL is not None:
        return {}
    if settings.DB_SSL == "verify-full":
        return {"ssl": ssl.create_default_context(cafile=settings.DB_SSL_CA)}
    return {"ssl": "require" if settings.DB_SSL == "require" else False}
