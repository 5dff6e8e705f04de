"""Read-only sessions and their connections."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from httpx import AsyncClient
from sqlalchemy import QueuePool, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import DatabaseManager
from app.core.db import connections
from app.core.db.sessions import WriteInReadingError, transaction_within
from app.domain.models.user import User
from app.service.user_service import UserService
from tests.conftest import Headers, MakeUser
from tests.integration.conftest import direct, store, store_and_fail

pytestmark = pytest.mark.integration
Write = Callable[[AsyncSession, User], Awaitable[object]]
BEGUN = text("SELECT transaction_timestamp()")


async def _begun(session: AsyncSession) -> datetime:
    """Return the start time of the current transaction."""
    begun: datetime = (await session.execute(BEGUN)).scalar_one()
    return begun


async def test_reading_statements_share_no_transaction(
    elsewhere: DatabaseManager,
) -> None:
    async with elsewhere.reading() as session:
        assert await _begun(session) < await _begun(session)
    async with elsewhere.transaction() as session:
        assert await _begun(session) == await _begun(session)


async def test_reading_statements_can_share_a_transaction(
    elsewhere: DatabaseManager,
) -> None:
    async with elsewhere.reading() as session:
        async with transaction_within(session):
            assert await _begun(session) == await _begun(session)
        assert await _begun(session) < await _begun(session)
    async with elsewhere.transaction() as session, transaction_within(session):
        assert await _begun(session) == await _begun(session)


async def test_a_cancelled_request_returns_its_connection_first(
    narrow: DatabaseManager,
) -> None:
    ready = asyncio.Event()

    async def read_and_wait() -> None:
        async with narrow.transaction() as session:
            await _begun(session)
            ready.set()
            await asyncio.sleep(60)

    request = asyncio.create_task(read_and_wait())
    await ready.wait()
    # Again while the session closes: the rollback is under way.
    request.cancel()
    await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert _checked_out(narrow) == 0


def _checked_out(database: DatabaseManager) -> int:
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def test_a_connection_can_roll_back_after_reading(
    elsewhere: DatabaseManager, make_user: MakeUser
) -> None:
    async with elsewhere.reading() as session:
        await _begun(session)
    with pytest.raises(RuntimeError):
        await store_and_fail(elsewhere, make_user())
    async with elsewhere.reading() as session:
        assert (await session.scalars(select(User))).all() == []


async def _add(session: AsyncSession, user: User) -> None:
    session.add(User(email="eve@example.com", password_hash="", full_name="Eve"))
    await session.flush()


async def _change_without_writing(session: AsyncSession, user: User) -> None:
    (await session.scalars(select(User))).one().full_name = "Eve"


async def _delete_without_writing(session: AsyncSession, user: User) -> None:
    await session.delete((await session.scalars(select(User))).one())


WRITES: dict[str, Write] = {
    "add": _add,
    "change": _change_without_writing,
    "delete": _delete_without_writing,
    "INSERT": lambda session, user: session.execute(
        insert(User).values(email="e@example.com", password_hash="", full_name="Eve")
    ),
    "UPDATE": lambda session, user: session.execute(
        update(User).where(User.id == user.id).values(full_name="Eve")
    ),
    "DELETE": lambda session, user: session.execute(
        delete(User).where(User.id == user.id)
    ),
    "DELETE, for a value": lambda session, user: session.scalar(
        delete(User).where(User.id == user.id).returning(User.id)
    ),
    "DELETE, for values": lambda session, user: session.scalars(
        delete(User).where(User.id == user.id).returning(User.id)
    ),
}


@pytest.mark.parametrize("name", WRITES)
async def test_a_reading_session_refuses_writes(
    elsewhere: DatabaseManager, make_user: MakeUser, name: str
) -> None:
    user = await store(elsewhere, make_user())
    with pytest.raises(WriteInReadingError, match="GET and HEAD are read-only"):
        async with elsewhere.reading() as session:
            await WRITES[name](session, user)
    async with elsewhere.reading() as session:
        kept = (await session.scalars(select(User))).one()
    assert (kept.id, kept.full_name) == (user.id, user.full_name)


async def test_a_get_that_writes_is_a_500_and_writes_nothing(
    client: AsyncClient,
    as_admin: Headers,
    user: User,
    database: DatabaseManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def rename(service: UserService, _: object) -> User:
        renamed = await service._repo.update_by_id(user.id, {"full_name": "Eve"})
        assert renamed
        return renamed

    monkeypatch.setattr(UserService, "get_user", rename)
    response = await client.get(f"/api/v1/users/{user.id}", headers=as_admin)
    assert response.status_code == 500
    async with database.reading() as session:
        names = await session.scalars(select(User.full_name))
        assert "Eve" not in names.all()


@direct
@pytest.mark.parametrize("limit", [-1.0, 60.0])
async def test_a_connection_lost_while_idle_is_replaced(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    monkeypatch: pytest.MonkeyPatch,
    limit: float,
) -> None:
    monkeypatch.setattr(connections, "IDLE", limit)
    async with elsewhere.reading() as session:
        lost = await _number(session)
        async with elsewhere.reading() as other:
            # Returns once the backend has exited, within 20 s.
            await other.execute(text(f"SELECT pg_terminate_backend({lost}, 20000)"))
    # Let the event loop notice the closed connection.
    await asyncio.sleep(0.05)
    async with elsewhere.reading() as session, elsewhere.reading() as other:
        assert lost not in {await _number(session), await _number(other)}


async def _number(session: AsyncSession) -> int:
    return int((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one())


@pytest.mark.parametrize(
    "path", ["/users/me", "/users/{id}", "/users", "/users?search=exa", "/health/ready"]
)
async def test_head_returns_the_headers_of_get(
    client: AsyncClient, as_admin: Headers, admin: User, path: str
) -> None:
    path = f"/api/v1{path.format(id=admin.id)}"
    headers = as_admin | {"X-Request-ID": "abc"}
    get = await client.get(path, headers=headers)
    head = await client.head(path, headers=headers)
    assert get.status_code == 200
    assert (head.status_code, head.headers) == (get.status_code, get.headers)
    assert head.content == b""
    assert ("ETag" in head.headers) == path.endswith(("/me", str(admin.id)))
