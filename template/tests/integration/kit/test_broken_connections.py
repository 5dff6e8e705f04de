"""Broken connections: a 503 wherever one is used, then a new connection."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from asyncpg import Connection
from asyncpg.exceptions import InterfaceError
from httpx import AsyncClient
from pgqueuer.errors import FailingListenerError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.container import Container
from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.db.sessions import transaction_within
from app.core.exceptions import ServiceUnavailableException
from app.domain.jobs.account import SendMail
from app.domain.roles import Role
from app.jobs.registry import kinds
from app.kit.mail import Mail
from app.kit.queue.listening import listening
from app.kit.queue.store import JobQueue
from app.kit.queue.worker import working
from tests.conftest import MakeUser, SignIn
from tests.integration.conftest import direct, store

pytestmark = [pytest.mark.integration, direct]
OWN = text("SELECT pg_backend_pid()")
BREAK = text("SELECT pg_terminate_backend(:pid, 5000)")
BREAK_ALL = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
Break = Callable[[AsyncSession], Awaitable[None]]


@pytest.fixture
def break_off(elsewhere: DatabaseManager) -> Break:
    """Return a function that terminates the connection of a session."""

    async def break_off(session: AsyncSession) -> None:
        pid = await session.scalar(OWN)
        async with elsewhere.reading() as other:
            await other.execute(BREAK, {"pid": pid})

    return break_off


@pytest.fixture
async def database(fresh_database: Settings) -> AsyncIterator[DatabaseManager]:
    """Yield a database with its own pool."""
    database = DatabaseManager(fresh_database)
    await database.connect()
    yield database
    await database.disconnect()


async def test_a_connection_lost_before_a_transaction_within_reading_is_a_503(
    database: DatabaseManager, break_off: Break
) -> None:
    async def read() -> None:
        async with database.reading() as session:
            await break_off(session)
            async with transaction_within(session):
                await session.execute(text("SELECT 1"))

    with pytest.raises(ServiceUnavailableException):
        await read()
    await database.ping()


async def test_a_connection_lost_inside_a_transaction_within_reading_is_a_503(
    database: DatabaseManager, break_off: Break
) -> None:
    async def read() -> None:
        async with database.reading() as session, transaction_within(session):
            await break_off(session)
            await session.execute(text("SELECT 1"))

    with pytest.raises(ServiceUnavailableException):
        await read()
    await database.ping()


async def test_a_connection_lost_at_the_end_of_a_transaction_within_reading_is_a_503(
    database: DatabaseManager, break_off: Break
) -> None:
    with pytest.raises(ServiceUnavailableException):
        async with database.reading() as session, transaction_within(session):
            await break_off(session)
    await database.ping()


async def test_a_connection_lost_at_the_commit_is_a_503(
    database: DatabaseManager, break_off: Break
) -> None:
    with pytest.raises(ServiceUnavailableException):
        async with database.transaction() as session:
            await break_off(session)
    await database.ping()


async def test_reading_continues_after_a_transaction_within_it(
    database: DatabaseManager,
) -> None:
    async with database.reading() as session:
        async with transaction_within(session):
            await session.execute(text("SET LOCAL work_mem = '123kB'"))
            inside = await session.scalar(text("SHOW work_mem"))
        assert inside == "123kB"
        assert await session.scalar(text("SHOW work_mem")) != "123kB"


async def test_lists_return_200_or_503_while_connections_break(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    database: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    headers = sign_in(await store(elsewhere, make_user(role=Role.ADMIN)))
    ended = asyncio.Event()

    seen: set[int] = set()

    async def read(path: str) -> None:
        while not ended.is_set():
            response = await fresh_client.get(f"/api/v1{path}", headers=headers)
            seen.add(response.status_code)

    async def break_all() -> None:
        for _ in range(20):
            async with database.reading() as session:
                await session.execute(BREAK_ALL)
        ended.set()

    await asyncio.gather(read("/users"), read("/users?search=exa"), break_all())
    assert seen <= {200, 503}


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("cannot perform operation: connection is closed"),
        ConnectionResetError(),
    ],
)
async def test_a_connection_lost_as_the_worker_starts_listening_is_a_503(
    database: DatabaseManager, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def break_off(*_: object) -> None:
        raise error

    monkeypatch.setattr(Connection, "fetch", break_off)
    with pytest.raises(ServiceUnavailableException):
        async with listening(database) as driver:
            await driver.add_listener("words", print)
    monkeypatch.undo()
    await database.ping()


async def test_misuse_of_the_driver_is_not_hidden(
    database: DatabaseManager,
) -> None:
    with pytest.raises(InterfaceError, match="another operation"):
        async with listening(database):
            raise InterfaceError("another operation is in progress")


async def test_a_connection_that_listened_is_not_reused(
    database: DatabaseManager,
) -> None:
    async with listening(database) as driver:
        await driver.add_listener("words", print)
    async with database.reading() as session:
        assert not (await session.scalars(text("SELECT pg_listening_channels()"))).all()


async def test_a_failed_listener_is_a_503(
    database: DatabaseManager,
) -> None:
    with pytest.raises(ServiceUnavailableException):
        async with listening(database):
            raise FailingListenerError
    await database.ping()


class SlowMailer:
    """A mailer that waits until it may send."""

    def __init__(self) -> None:
        self.tries = 0
        self.begun = asyncio.Event()
        self.may_send = asyncio.Event()

    async def send(self, _: Mail) -> None:
        self.tries += 1
        self.begun.set()
        await self.may_send.wait()


async def test_a_job_that_ends_while_disconnected_is_not_repeated(
    fresh_database: Settings,
    database: DatabaseManager,
    elsewhere: DatabaseManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.kit.queue.worker.AWAY", 0.05)
    container = Container(fresh_database)
    container.database = database
    container.mailer = mailer = SlowMailer()
    async with elsewhere.transaction() as session:
        await JobQueue(session, {}).add(SendMail(to="", subject="", text=""))
    async with asyncio.timeout(20), working(container, kinds()):
        await mailer.begun.wait()
        async with elsewhere.reading() as other:
            await other.execute(BREAK_ALL)
        mailer.may_send.set()
        while await _waiting(elsewhere):  # noqa: ASYNC110 - the worker has no event for it
            await asyncio.sleep(0.05)
    assert mailer.tries == 1


async def _waiting(database: DatabaseManager) -> object:
    async with database.reading() as session:
        return await JobQueue(session, {}).count()
