"""A database that is down, hangs or is overloaded: a 503 within the timeout."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import text

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.exceptions import ServiceUnavailableException
from app.core.security import TokenSigner
from app.main import lifespan
from tests.conftest import PASSWORD, MakeSettings, with_state
from tests.integration.conftest import direct
from tests.people import EVE

pytestmark = pytest.mark.integration
READY = "/api/v1/health/ready"
Calling = Callable[[Settings], AbstractAsyncContextManager[AsyncClient]]


@pytest.fixture
async def silent() -> AsyncIterator[int]:
    """Yield the port of a server that accepts connections and never responds."""

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)
        writer.close()

    listening = await asyncio.start_server(hang, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.fixture
def calling(built: FastAPI) -> Calling:
    """Return a function that yields a client of a running application."""

    @asynccontextmanager
    async def call(settings: Settings) -> AsyncIterator[AsyncClient]:
        app = with_state(built, settings)
        transport = ASGITransport(app=app)
        async with (
            lifespan(app),
            AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            yield client

    return call


def _refused(response: Response, why: str) -> None:
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert int(response.headers["Retry-After"]) > 0
    assert response.json()["message"] == "The database is unavailable"
    assert response.json()["detail"] == why
    assert response.json()["request_id"] == response.headers["X-Request-ID"]


async def _call_all(client: AsyncClient, settings: Settings, why: str) -> None:
    """Require a 503 from reading, writing, login and readiness, but not liveness."""
    token = TokenSigner(settings).create_access_token(uuid4())
    form = {"username": "eve@example.com", "password": PASSWORD}
    bearer = {"Authorization": f"Bearer {token}"}
    for response in await asyncio.gather(
        client.get("/api/v1/users/me", headers=bearer),
        client.post("/api/v1/auth/register", json=EVE),
        client.post("/api/v1/auth/login", data=form),
        client.get(READY),
    ):
        _refused(response, why)
    assert (await client.get("/api/v1/health")).status_code == 200


async def test_an_unreachable_database_is_a_503_with_the_reason(
    calling: Calling, make_settings: MakeSettings
) -> None:
    settings = make_settings(DB_HOST="127.0.0.1", DB_PORT=1)
    async with calling(settings) as client:
        await _call_all(client, settings, "The connection failed")


async def test_a_hanging_database_is_a_503_within_the_timeout(
    calling: Calling, make_settings: MakeSettings, silent: int
) -> None:
    settings = make_settings(
        DB_HOST="127.0.0.1", DB_PORT=silent, DB_CONNECT_TIMEOUT=0.3
    )
    async with calling(settings) as client:
        started = monotonic()
        await _call_all(client, settings, "No response in time")
        assert monotonic() - started < 5


@direct
async def test_a_database_login_refusal_is_reported(
    calling: Calling, fresh_database: Settings
) -> None:
    wrong = fresh_database.database_url.set(password="wrong")
    url = SecretStr(wrong.render_as_string(hide_password=False))
    settings = fresh_database.model_copy(update={"DATABASE_URL": url})
    async with calling(settings) as client:
        _refused(await client.get(READY), "The login was rejected")


async def test_a_slow_statement_times_out(
    fresh_database: Settings,
) -> None:
    database = _database(fresh_database, DB_STATEMENT_TIMEOUT=0.2)
    await database.connect()
    with pytest.raises(ServiceUnavailableException) as ended:
        async with database.transaction() as session:
            await session.execute(text("SELECT pg_sleep(30)"))
    assert ended.value.detail == "No response in time"
    await database.ping()
    await database.disconnect()


async def test_an_exhausted_pool_is_a_503(
    fresh_database: Settings,
) -> None:
    database = _database(
        fresh_database, DB_POOL_SIZE=1, DB_MAX_OVERFLOW=0, DB_POOL_TIMEOUT=0.2
    )
    await database.connect()
    async with database.transaction() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(ServiceUnavailableException) as refused:
            await database.ping()
    assert refused.value.detail == "The connection pool is exhausted"
    await database.ping()
    await database.disconnect()


async def test_a_broken_connection_is_a_503_and_is_replaced(
    fresh_database: Settings,
) -> None:
    database = _database(fresh_database)
    await database.connect()
    with pytest.raises(ServiceUnavailableException):
        async with database.transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    await database.ping()
    await database.disconnect()


async def test_a_deadlock_is_a_503_for_one_transaction(
    fresh_database: Settings,
) -> None:
    database = _database(fresh_database)
    await database.connect()
    both = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with database.transaction() as session:
            await session.execute(text(f"SELECT pg_advisory_xact_lock({first})"))
            await both.wait()
            await session.execute(text(f"SELECT pg_advisory_xact_lock({second})"))

    ended = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
    [error] = [end for end in ended if end is not None]
    assert isinstance(error, ServiceUnavailableException)
    assert error.detail == "The transaction conflicted with another"
    await database.disconnect()


async def test_other_errors_are_not_database_errors(
    database: DatabaseManager,
) -> None:
    for error in (FileNotFoundError("no file"), TimeoutError("of another server")):
        with pytest.raises(type(error)):
            await _fail(database, error)


async def _fail(database: DatabaseManager, error: Exception) -> None:
    async with database.transaction() as session:
        await session.execute(text("SELECT 1"))
        raise error


def _database(settings: Settings, **changes: Any) -> DatabaseManager:
    return DatabaseManager(settings.model_copy(update=changes))
