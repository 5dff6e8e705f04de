"""Fixtures on a real PostgreSQL, from TEST_DATABASE_URL or started for the run.

Each run creates its own databases there and drops them; the database in the URL is
never changed.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from secrets import token_hex
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from anyio import to_thread
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import URL, delete, table, text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)

from app.api.deps import SAFE_METHODS
from app.core.config import Settings
from app.core.database import DatabaseManager, make_engine
from app.core.db.sessions import ReadingSession
from app.core.settings.postgres_url import make_url, parse_url
from app.domain.models.base import Base
from app.domain.models.user import User
from app.domain.roles import Role
from app.jobs.registry import kinds
from app.kit.turns import Turns
from scripts.postgres import throwaway
from tests.conftest import Headers, MakeUser, SignIn, with_state
from tests.jobs import do_waiting_jobs

END_CONNECTIONS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
)
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

# Tables without a model.
QUEUE_TABLES = [table("pgqueuer"), table("pgqueuer_log"), table("pgqueuer_schedules")]
TABLES = [*reversed(Base.metadata.sorted_tables), *QUEUE_TABLES]
# One statement, so one round trip. TRUNCATE takes longer; it is for tables that refer
# to each other, whose rows no order of deletions removes.
CIRCULAR = any(key.use_alter for it in TABLES for key in it.foreign_keys)
EMPTY = text(
    f"TRUNCATE {', '.join(each.name for each in TABLES)} CASCADE"
    if CIRCULAR
    else f"DO $$ BEGIN {''.join(f'{delete(each)};' for each in TABLES)} END $$"
)

# For tests that need a direct connection to PostgreSQL.
direct = pytest.mark.skipif("TEST_PGBOUNCER" in os.environ, reason="through PgBouncer")


@pytest.fixture(autouse=True)
def silent_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep schedules from adding jobs during a test."""
    for kind in kinds():
        monkeypatch.setattr(kind, "schedule", None)


class RolledBackDatabase(DatabaseManager):
    """Sessions on one connection, where a commit only releases a savepoint."""

    def __init__(self, settings: Settings, connection: AsyncConnection) -> None:
        super().__init__(settings)
        options: dict[str, Any] = {
            "bind": connection,
            "autoflush": False,
            "expire_on_commit": False,
            "join_transaction_mode": "create_savepoint",
        }
        self._sessions = async_sessionmaker(**options)
        self._readers = async_sessionmaker(sync_session_class=ReadingSession, **options)


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """Yield the address of a server where databases can be created."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield parse_url(given)
        return
    with throwaway() as it:
        yield make_url(it.user, it.password, [(it.host, it.port)], it.database, {})


@asynccontextmanager
async def new_database(
    server: URL, settings: Settings, template: str = "template1"
) -> AsyncIterator[URL]:
    """Create a database with a unique name, and drop it at the end."""
    name = f"{settings.DB_NAME}_test_{token_hex(6)}"
    async with _outside(server, settings) as connection:
        # A pooler may still hold connections to the template; none may be open.
        await connection.execute(END_CONNECTIONS, {"name": template})
        await connection.execute(
            text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        )
    try:
        yield server.set(database=name)
    finally:
        async with _outside(server, settings) as connection:
            await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@asynccontextmanager
async def _outside(server: URL, settings: Settings) -> AsyncIterator[AsyncConnection]:
    """Yield a connection in autocommit mode."""
    engine = make_engine(leading_to(server, settings))
    async with engine.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")
    await engine.dispose()


def leading_to(database: URL, settings: Settings) -> Settings:
    """Return the settings with another database."""
    url = SecretStr(database.render_as_string(hide_password=False))
    return settings.model_copy(update={"DATABASE_URL": url})


def alembic_config(settings: Settings) -> Config:
    """Return Alembic's configuration for the database of these settings."""
    return Config("alembic.ini", attributes={"settings": settings})


@pytest.fixture(scope="session")
async def migrated(server: URL, settings: Settings) -> AsyncIterator[str]:
    """Yield the name of a migrated database, the template of others."""
    async with new_database(server, settings) as database:
        config = alembic_config(leading_to(database, settings))
        # In a thread, because Alembic runs its own event loop.
        await asyncio.to_thread(command.upgrade, config, "head")
        yield database.database or ""


@pytest.fixture(scope="session")
async def engine(
    server: URL, migrated: str, settings: Settings
) -> AsyncIterator[AsyncEngine]:
    """Yield the engine of tests that are rolled back."""
    async with new_database(server, settings, migrated) as database:
        engine = make_engine(leading_to(database, settings))
        yield engine
        await engine.dispose()


@pytest.fixture
async def database(
    engine: AsyncEngine, settings: Settings
) -> AsyncIterator[DatabaseManager]:
    """Yield a database whose changes are rolled back after the test."""
    async with engine.connect() as connection:
        await connection.begin()
        yield RolledBackDatabase(settings, connection)
        await connection.rollback()


@pytest.fixture(scope="session")
async def lasting(
    server: URL, migrated: str, settings: Settings
) -> AsyncIterator[Settings]:
    """Yield settings of a database where commits are real, for all tests in turn."""
    async with new_database(server, settings, migrated) as database:
        yield leading_to(database, settings)


@pytest.fixture(scope="session")
async def lasting_database(lasting: Settings) -> AsyncIterator[DatabaseManager]:
    """Yield that database, connected."""
    database = DatabaseManager(lasting)
    await database.connect()
    yield database
    await database.disconnect()


@pytest.fixture
async def elsewhere(
    lasting_database: DatabaseManager,
) -> AsyncIterator[DatabaseManager]:
    """Yield the database apart from the application: it sees committed changes only."""
    yield lasting_database
    # Emptied: creating a database for each test takes ten times as long.
    async with lasting_database.transaction() as session:
        await session.execute(EMPTY)


@pytest.fixture
def fresh_database(lasting: Settings, elsewhere: DatabaseManager) -> Settings:
    """Return settings of an empty database where commits are real."""
    return lasting


@pytest.fixture(scope="session")
async def one_connection(lasting: Settings) -> DatabaseManager:
    """Return that database with one connection."""
    update = {"DB_POOL_SIZE": 1, "DB_MAX_OVERFLOW": 0, "DB_POOL_TIMEOUT": 1}
    database = DatabaseManager(lasting.model_copy(update=update))
    await database.connect()
    return database


@pytest.fixture
async def narrow(
    fresh_database: Settings, one_connection: DatabaseManager
) -> AsyncIterator[DatabaseManager]:
    """Yield that database with one connection: a request that needs two fails.

    Each test has its own pool, but not its own engine, which would compile each
    statement again.
    """
    yield one_connection
    await one_connection.disconnect()


@pytest.fixture
def held(narrow: DatabaseManager, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many connections were in use at each wait for a thread or a turn."""
    run_sync, take, held = to_thread.run_sync, Turns.take, list[int]()

    def count() -> None:
        pool: Any = narrow.engine.pool
        held.append(pool.checkedout())

    async def counted_run_sync(*args: Any, **options: Any) -> Any:
        count()
        return await run_sync(*args, **options)

    def counted_take(turns: Turns) -> AbstractAsyncContextManager[None]:
        count()
        return take(turns)

    monkeypatch.setattr(to_thread, "run_sync", counted_run_sync)
    monkeypatch.setattr(Turns, "take", counted_take)
    return held


@pytest.fixture
async def session(database: DatabaseManager) -> AsyncIterator[AsyncSession]:
    """Yield a session beside those of the application."""
    async with database.transaction() as session:
        yield session
        await session.rollback()


@pytest.fixture
def app(app: FastAPI, database: DatabaseManager) -> FastAPI:
    """Return the application on the database that is rolled back."""
    app.state.container.database = database
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Yield an unauthenticated client. Jobs run before a response is returned."""
    async with calling(app) as client:
        yield client


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Yield a client that runs the jobs that each request adds."""
    container = app.state.container

    async def do_jobs(response: Response) -> None:
        reads = response.request.method in SAFE_METHODS
        if not (reads or container.settings.JOBS_IN_API):
            await do_waiting_jobs(container)

    async with AsyncClient(
        transport=ASGITransport(app=app),
        base_url="http://test",
        event_hooks={"response": [do_jobs]},
    ) as client:
        yield client


@pytest.fixture
async def user(database: DatabaseManager, make_user: MakeUser) -> User:
    """Return a stored user without rights."""
    return await store(database, make_user())


@pytest.fixture
async def admin(database: DatabaseManager, make_user: MakeUser) -> User:
    """Return a stored admin."""
    return await store(database, make_user(role=Role.ADMIN))


@pytest.fixture
def as_admin(admin: User, sign_in: SignIn) -> Headers:
    """Return the headers of a signed-in admin."""
    return sign_in(admin)


async def store(database: DatabaseManager, user: User) -> User:
    """Store a user, bypassing all rules."""
    async with database.transaction() as session:
        session.add(user)
    return user


async def waiting(database: DatabaseManager, count: int) -> None:
    """Return when this many connections wait for a lock."""
    async with asyncio.timeout(60), database.reading() as session:
        while await session.scalar(WAITING) < count:
            continue


async def store_and_fail(database: DatabaseManager, user: User) -> None:
    """Store a user in a transaction that then fails."""
    async with database.transaction() as session:
        session.add(user)
        await session.flush()
        raise RuntimeError


@pytest.fixture
def fresh_app(
    built: FastAPI, fresh_database: Settings, elsewhere: DatabaseManager
) -> FastAPI:
    """Return an application whose commits are real."""
    app = with_state(built, fresh_database)
    app.state.container.database = elsewhere
    return app


@pytest.fixture
async def fresh_client(fresh_app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Yield a client of that application."""
    async with calling(fresh_app) as client:
        yield client


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Yield a client of an application during its lifespan."""
    async with app.router.lifespan_context(app), calling(app) as client:
        yield client
