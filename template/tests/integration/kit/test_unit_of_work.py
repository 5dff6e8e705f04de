"""The unit of work: one connection at a time, none during slow work."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.container import Container
from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.db.sessions import SessionReleasedError
from app.core.exceptions import ConflictException, ServiceUnavailableException
from app.domain.models.audit_event import AuditEvent
from app.domain.models.idempotency_key import IdempotencyKey
from app.domain.models.mail_token import MailToken
from app.domain.models.user import User
from app.domain.roles import Role
from app.kit.files import FileStore
from tests.conftest import Headers, MakeUser, SignIn
from tests.hashing import Watched
from tests.integration.conftest import store
from tests.people import ADA, EVE, PASSWORD

pytestmark = pytest.mark.integration
V1 = "/api/v1"
PNG = b"\x89PNG\r\n\x1a\n0000"
NEW = "a new password, long enough"
CONTEXT = RequestContext("local", "test")
Call = Callable[[AsyncClient, Headers], Awaitable[Response]]


@pytest.fixture
def watched(fresh_app: FastAPI, fresh_database: Settings) -> Watched:
    fresh_app.state.container.hasher = watched = Watched(fresh_database)
    return watched


@pytest.fixture
async def eve(elsewhere: DatabaseManager, make_user: MakeUser) -> User:
    return await store(elsewhere, make_user(email="eve@example.com", role=Role.ADMIN))


@pytest.fixture
def as_eve(eve: User, sign_in: SignIn) -> Headers:
    return sign_in(eve)


async def _upload(client: AsyncClient, headers: Headers) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in PNG:
            yield bytes([byte])

    return await client.put(f"{V1}/users/me/picture", content=pieces(), headers=headers)


CHANGE = {"email": "new@example.com", "password": PASSWORD}
SLOW: dict[str, Call] = {
    "login": lambda client, _: client.post(
        f"{V1}/auth/login", data={"username": "eve@example.com", "password": PASSWORD}
    ),
    "change-password": lambda client, headers: client.post(
        f"{V1}/auth/change-password",
        json={"old_password": PASSWORD, "new_password": NEW},
        headers=headers,
    ),
    "new e-mail": lambda client, headers: client.patch(
        f"{V1}/users/me", json=CHANGE, headers=headers
    ),
    "picture": _upload,
}
REFUSED: dict[str, Call] = {
    "login": lambda client, _: client.post(
        f"{V1}/auth/login", data={"username": "eve@example.com", "password": "wrong"}
    ),
    "change-password": lambda client, headers: client.post(
        f"{V1}/auth/change-password",
        json={"old_password": "wrong", "new_password": NEW},
        headers=headers,
    ),
    "change-email": lambda client, headers: client.patch(
        f"{V1}/users/me", json=CHANGE | {"password": "wrong"}, headers=headers
    ),
    "verify-email": lambda client, _: client.post(
        f"{V1}/auth/verify-email", json={"token": "none"}
    ),
    "reset-password": lambda client, _: client.post(
        f"{V1}/auth/reset-password", json={"token": "none", "new_password": NEW}
    ),
}


async def _deactivate(session: AsyncSession) -> None:
    await session.execute(update(User).values(is_active=False))


async def _change_password(session: AsyncSession) -> None:
    await session.execute(update(User).values(password_hash="another"))


async def _sign_out(session: AsyncSession) -> None:
    await session.execute(update(User).values(token_version=User.token_version + 1))


async def _delete(session: AsyncSession) -> None:
    await session.execute(update(User).values(deleted_at=func.now()))


async def _demote(session: AsyncSession) -> None:
    await session.execute(update(User).values(role=Role.USER))


@pytest.mark.parametrize("change", [_deactivate, _change_password, _sign_out, _delete])
@pytest.mark.parametrize("name", SLOW)
async def test_a_login_revoked_during_slow_work_is_refused_without_effect(
    fresh_app: FastAPI,
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    watched: Watched,
    eve: User,
    as_eve: Headers,
    tmp_path: Path,
    name: str,
    change: Callable[[AsyncSession], Awaitable[None]],
) -> None:
    async def end_it() -> None:
        async with elsewhere.transaction() as session:
            await change(session)

    class Files(FileStore):
        async def save(self, name: str, chunks: AsyncIterator[bytes]) -> None:
            await super().save(name, chunks)
            await end_it()

    watched.meanwhile = end_it
    fresh_app.state.container.files = Files(tmp_path)
    response = await SLOW[name](fresh_client, as_eve)
    assert response.status_code == 401
    async with elsewhere.reading() as session:
        stored = (await session.scalars(select(User))).one()
        assert (stored.email, stored.picture) == (eve.email, None)
        assert (await session.scalars(select(MailToken))).all() == []
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [(_deactivate, 401), (_sign_out, 401), (_delete, 401), (_demote, 403)],
)
async def test_a_caller_who_loses_the_right_during_slow_work_is_refused(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    watched: Watched,
    eve: User,
    as_eve: Headers,
    change: Callable[[AsyncSession], Awaitable[None]],
    status: int,
) -> None:
    async def end_it() -> None:
        async with elsewhere.transaction() as session:
            await change(session)

    watched.meanwhile = end_it
    headers = as_eve | {"Idempotency-Key": "1"}
    response = await fresh_client.post(f"{V1}/users", json=ADA, headers=headers)
    assert response.status_code == status
    async with elsewhere.reading() as session:
        assert (await session.scalars(select(User.id))).all() == [eve.id]
        # A later request with the same key is not answered by the refusal.
        assert (await session.scalars(select(IdempotencyKey))).all() == []


async def test_the_database_cannot_be_used_during_slow_work(
    fresh_database: Settings, narrow: DatabaseManager
) -> None:
    container = Container(fresh_database)
    container.database = narrow
    async with container.open_scope(CONTEXT) as scope:
        await scope.users.email_exists(EVE["email"])
        async with scope.unit.released():
            with pytest.raises(SessionReleasedError, match="released"):
                await scope.users.email_exists(EVE["email"])
        assert not await scope.users.email_exists(EVE["email"])


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_is_recorded_with_one_connection(
    fresh_app: FastAPI,
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    narrow: DatabaseManager,
    as_eve: Headers,
    name: str,
) -> None:
    fresh_app.state.container.database = narrow
    response = await REFUSED[name](fresh_client, as_eve)
    assert response.status_code in {400, 401}, response.text
    assert await _recorded(elsewhere) == [(name, True)]


async def test_a_refused_role_is_recorded_for_reading_requests_too(
    fresh_app: FastAPI,
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    narrow: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    headers = sign_in(await store(elsewhere, make_user()))
    fresh_app.state.container.database = narrow
    for method in ("GET", "POST"):
        response = await fresh_client.request(method, f"{V1}/users", headers=headers)
        assert response.status_code == 403
    assert await _recorded(elsewhere) == [("role", True)] * 2


@pytest.mark.usefixtures("eve")
async def test_concurrent_wrong_logins_do_not_exceed_the_limit(
    fresh_client: AsyncClient,
) -> None:
    responses = await asyncio.gather(
        *(REFUSED["login"](fresh_client, {}) for _ in range(20))
    )
    assert Counter(a.status_code for a in responses) == {401: 5, 429: 15}


async def test_a_refusal_writes_its_remembered_actions_only(
    fresh_database: Settings, elsewhere: DatabaseManager, make_user: MakeUser
) -> None:
    container = Container(fresh_database)
    container.database = elsewhere

    async def fail() -> None:
        async with container.open_scope(CONTEXT) as scope:
            await scope.users.create(make_user())
            error = ConflictException()
            raise error.remembering(scope.audit.refusal("one"))

    async def fail_within_another() -> None:
        async with container.open_scope(CONTEXT, reads=True):
            await fail()

    with pytest.raises(ConflictException):
        await fail_within_another()
    assert await _recorded(elsewhere) == [("one", True)]
    async with elsewhere.reading() as session:
        assert (await session.scalars(select(User))).all() == []


async def test_a_failure_is_compensated_after_releasing_the_connection(
    narrow: DatabaseManager, fresh_database: Settings
) -> None:
    container = Container(fresh_database)
    container.database = narrow
    done: list[str] = []

    async def fail(error: BaseException) -> None:
        async with container.open_scope(CONTEXT) as scope:

            async def compensate() -> None:
                async with narrow.reading():
                    done.append(type(error).__name__)

            await scope.users.email_exists(EVE["email"])
            scope.unit.compensating(compensate)
            raise error

    for error in (ZeroDivisionError(), asyncio.CancelledError()):
        with suppress(ZeroDivisionError, asyncio.CancelledError):
            await fail(error)
    assert done == ["ZeroDivisionError", "CancelledError"]


@pytest.mark.parametrize(
    ("error", "compensated"),
    [
        (ServiceUnavailableException(), False),
        (asyncio.CancelledError(), False),
        (ConflictException(), True),
    ],
)
async def test_a_commit_that_may_have_succeeded_is_not_compensated(
    fresh_database: Settings, error: BaseException, *, compensated: bool
) -> None:
    class CutOff(DatabaseManager):
        @asynccontextmanager
        async def transaction(self) -> AsyncGenerator[AsyncSession]:
            async with super().transaction() as session:
                yield session
            raise error

    done: list[bool] = []

    async def compensate() -> None:
        done.append(True)

    container = Container(fresh_database)
    container.database = CutOff(fresh_database)
    with pytest.raises(type(error)):
        async with container.open_scope(CONTEXT) as scope:
            scope.unit.compensating(compensate)
    assert any(done) is compensated


async def _recorded(database: DatabaseManager) -> list[tuple[str, bool]]:
    async with database.reading() as session:
        events = await session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(e.action, e.refused) for e in events for _ in range(e.count)]
