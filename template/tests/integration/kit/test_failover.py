"""Failover: a 503 for a lost or read-only server, then connections to the next."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import pytest
from asyncpg import Connection
from asyncpg.exceptions import PostgresError
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.container import Container
from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.db.sessions import transaction_within
from app.core.exceptions import ServiceUnavailableException
from app.core.logging import setup_logging
from app.domain.jobs.purge import Purge
from app.domain.roles import Role
from app.jobs.registry import kinds
from app.kit.queue.listening import listening
from app.kit.queue.worker import working
from app.main import lifespan
from tests.conftest import MakeSettings, MakeUser, SignIn, with_state
from tests.integration.conftest import direct, store

pytestmark = [pytest.mark.integration, direct]
Switch = Callable[[bool], Awaitable[None]]
V1 = "/api/v1"
CONTEXT = RequestContext("192.0.2.1", "request-1")
LOST = ["25006", "57P01", "57P02", "57P03", "08000", "08003", "08006", "08P01"]
KEPT = ["53300", "53100", "40001", "55P03", "57014"]
REFUSED = ["57P03", "53300", "28P01", "3D000", "08004", "42501"]
OWN = text("SELECT pg_backend_pid()")
RAISE = "DO $$ BEGIN RAISE EXCEPTION SQLSTATE '{}'; END $$"
AT_COMMIT = [
    "CREATE TEMP TABLE last_word (id int) ON COMMIT DROP",
    "CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql"
    " AS $$ BEGIN RAISE EXCEPTION SQLSTATE '{}'; END $$",
    "CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON last_word"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.fail()",
    "INSERT INTO last_word VALUES (1)",
]


@pytest.fixture(scope="module")
async def connected(lasting: Settings) -> DatabaseManager:
    """Return a database with an engine for all tests of this module."""
    database = DatabaseManager(lasting)
    await database.connect()
    return database


@pytest.fixture
async def database(
    fresh_database: Settings, connected: DatabaseManager
) -> AsyncIterator[DatabaseManager]:
    """Yield a database with its own pool."""
    yield connected
    await connected.disconnect()


async def _connections(database: DatabaseManager) -> set[int]:
    """Use two connections at once and return their backend PIDs."""
    both = asyncio.Barrier(2)

    async def own() -> int:
        async with database.reading() as session:
            pid: int = await session.scalar(OWN)
            await both.wait()
            return pid

    return set(await asyncio.gather(own(), own()))


async def _fail(session: AsyncSession, state: str) -> None:
    await session.execute(text(RAISE.format(state)))


async def _fail_at_commit(session: AsyncSession, state: str) -> None:
    for statement in AT_COMMIT:
        await session.execute(text(statement.format(state)))


async def _fail_within_reading(session: AsyncSession, state: str) -> None:
    async with transaction_within(session):
        await _fail(session, state)


WAYS: dict[str, Any] = {
    "statement": ("transaction", _fail),
    "commit": ("transaction", _fail_at_commit),
    "read": ("reading", _fail),
    "list": ("reading", _fail_within_reading),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", LOST + KEPT)
async def test_a_lost_server_invalidates_the_pool_and_a_full_one_does_not(
    database: DatabaseManager, state: str, way: str
) -> None:
    opening, fail = WAYS[way]
    before = await _connections(database)
    with pytest.raises(ServiceUnavailableException) as refused:
        async with getattr(database, opening)() as session:
            await fail(session, state)
    assert refused.value.detail
    assert refused.value.retry_after
    after = await _connections(database)
    assert after.isdisjoint(before) if state in LOST else after == before


@asynccontextmanager
async def _answering(state: str) -> AsyncIterator[int]:
    """Yield a port where every connection is refused with a PostgreSQL error."""
    fields = f"SFATAL\0VFATAL\0C{state}\0Mrefused\0\0".encode()
    error = b"E" + (len(fields) + 4).to_bytes(4) + fields

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(error)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize("state", REFUSED)
async def test_a_refused_connection_is_a_503_for_any_reason(
    make_settings: MakeSettings, state: str
) -> None:
    async with _answering(state) as port:
        database = DatabaseManager(make_settings(DB_HOST="127.0.0.1", DB_PORT=port))
        await database.connect()
        with pytest.raises(ServiceUnavailableException):
            await database.ping()
        await database.disconnect()


@pytest.mark.parametrize("state", LOST + KEPT)
async def test_an_error_while_the_worker_listens_is_a_503(
    database: DatabaseManager, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    async def refuse(*_: object) -> None:
        raise PostgresError.new({"C": state, "M": "refused"})

    before = await _connections(database)
    monkeypatch.setattr(Connection, "add_listener", refuse)
    with pytest.raises(ServiceUnavailableException):
        async with listening(database) as driver:
            await driver.add_listener("words", print)
    kept = await _connections(database) & before
    # The listening connection is always closed.
    assert len(kept) == (0 if state in LOST else 1)


@pytest.fixture
async def read_only(
    fresh_database: Settings, elsewhere: DatabaseManager
) -> AsyncIterator[Switch]:
    """Yield a switch that makes new connections read-only, as on a standby."""
    name = fresh_database.database_url.database

    async def switch(on: bool) -> None:
        change = f'ALTER DATABASE "{name}" SET default_transaction_read_only = {on}'
        async with elsewhere.transaction() as session:
            await session.execute(text(change))

    yield switch
    await switch(False)


async def test_a_read_only_server_serves_reads_until_failover(
    built: FastAPI,
    fresh_database: Settings,
    elsewhere: DatabaseManager,
    read_only: Switch,
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    me = sign_in(await store(elsewhere, make_user(role=Role.ADMIN)))
    names = (f"Grace {number}" for number in count())
    await read_only(True)
    app = with_state(built, fresh_database)
    transport = ASGITransport(app=app)
    async with (
        lifespan(app),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):

        async def rename() -> int:
            body = {"full_name": next(names)}
            response = await client.patch(f"{V1}/users/me", json=body, headers=me)
            return response.status_code

        async def ready() -> tuple[int, str]:
            response = await client.get(f"{V1}/health/ready")
            return response.status_code, response.json()["database"]

        assert await ready() == (200, "read-only")
        assert await rename() == 503
        for path in ("/users/me", "/users", "/users?search=exa"):
            response = await client.get(f"{V1}{path}", headers=me)
            assert response.status_code == 200, path
        await read_only(False)
        # The first change detects an old read-only connection.
        assert [await rename() for _ in range(5)][1:] == [200] * 4
        assert await ready() == (200, "read-write")


async def _add_job(container: Container) -> None:
    """Add a job. A connection that is still read-only fails once."""
    async with asyncio.timeout(20):
        while True:
            with suppress(ServiceUnavailableException):
                return await container.in_transaction(
                    CONTEXT, lambda scope: scope.jobs.add(Purge())
                )


async def test_a_worker_pauses_on_a_read_only_server_until_failover(
    fresh_database: Settings,
    read_only: Switch,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("app.kit.queue.worker.AWAY", 0.05)
    setup_logging(fresh_database)
    output = ""

    async def until(words: str) -> None:
        nonlocal output
        async with asyncio.timeout(20):
            while words not in output:
                await asyncio.sleep(0.05)
                output += capsys.readouterr().out

    await read_only(True)
    container = Container(fresh_database)
    await container.database.connect()
    async with working(container, kinds()):
        await until(
            "Worker paused: The database is unavailable (The database is read-only)"
        )
        await read_only(False)
        await until("Processing jobs")
        await _add_job(container)
        await until("Job purge done")
    await container.database.disconnect()
    assert '"ERROR"' not in output
