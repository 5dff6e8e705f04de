"""Concurrent requests about one password."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import bcrypt
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select, text, update

from app.container import RequestScope
from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.security import token_hash
from app.domain.models.rate_limit import RateLimit
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.repository.mail_token_repository import MailTokenRepository
from app.repository.user_repository import UserRepository
from tests.conftest import Headers, MakeUser, SignIn
from tests.hashing import Watched
from tests.integration.conftest import store
from tests.people import ADA, EVE, PASSWORD

pytestmark = pytest.mark.integration
AUTH = "/api/v1/auth"
NEW = "a new password, long enough"
LINK = "a mailed token"
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def watched(
    fresh_app: FastAPI, fresh_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> Watched:
    """Return the hasher of the application: one password at a time, one waits."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    narrow = fresh_database.model_copy(update={"HASH_QUEUE_SIZE": 1})
    fresh_app.state.container.hasher = watched = Watched(narrow)
    return watched


@pytest.fixture
async def user(elsewhere: DatabaseManager, make_user: MakeUser) -> User:
    return await store(elsewhere, make_user(email=EVE["email"]))


@pytest.fixture
def as_user(user: User, sign_in: SignIn) -> Headers:
    return sign_in(user)


@pytest.fixture
async def link(fresh_app: FastAPI, user: User) -> None:
    """Store the token of a mailed link to reset the password."""
    await _add_link(fresh_app, user, Purpose.RESET)


async def _add_link(app: FastAPI, user: User, purpose: Purpose) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)

    async def add(scope: RequestScope) -> None:
        token = token_hash(LINK)
        await scope.mail_tokens.add(token, user.id, purpose, user.email, later)

    await app.state.container.in_transaction(RequestContext("local", "test"), add)


def _first_two_meet() -> Callable[[], Awaitable[object]]:
    """Return a function that waits until it was called twice."""
    both, calls = asyncio.Event(), count(1)

    async def meet() -> None:
        if next(calls) == 2:
            both.set()
        await both.wait()

    return meet


async def _login(client: AsyncClient, password: str = PASSWORD) -> Response:
    form = {"username": EVE["email"], "password": password}
    return await client.post(f"{AUTH}/login", data=form)


async def _change(client: AsyncClient, headers: Headers, new: str = NEW) -> Response:
    passwords = {"old_password": PASSWORD, "new_password": new}
    return await client.post(f"{AUTH}/change-password", json=passwords, headers=headers)


async def _reset(client: AsyncClient, new: str = NEW) -> Response:
    reset = {"token": LINK, "new_password": new}
    return await client.post(f"{AUTH}/reset-password", json=reset)


async def test_one_of_concurrent_password_changes_succeeds(
    fresh_client: AsyncClient, watched: Watched, as_user: Headers
) -> None:
    watched.meanwhile = _first_two_meet()
    passwords = [NEW, f"{NEW} too"]
    changes = [_change(fresh_client, as_user, new) for new in passwords]
    responses = await asyncio.gather(*changes)
    assert sorted(each.status_code for each in responses) == [200, 401]
    logins = [await _login(fresh_client, password) for password in passwords]
    assert [a.status_code for a in responses] == [a.status_code for a in logins]


@pytest.mark.usefixtures("link")
async def test_one_of_concurrent_password_resets_succeeds(
    fresh_client: AsyncClient, watched: Watched
) -> None:
    watched.meanwhile = _first_two_meet()
    resets = [_reset(fresh_client, NEW), _reset(fresh_client, f"{NEW} too")]
    responses = await asyncio.gather(*resets)
    assert sorted(each.status_code for each in responses) == [200, 400]


async def test_a_password_changed_during_a_login_does_not_sign_in(
    fresh_client: AsyncClient, watched: Watched, as_user: Headers
) -> None:
    async def change() -> None:
        watched.meanwhile = _nothing
        assert (await _change(fresh_client, as_user)).is_success

    watched.meanwhile = change
    assert (await _login(fresh_client)).status_code == 401


async def test_concurrent_logins_renew_an_outdated_hash(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    watched: Watched,
    make_user: MakeUser,
) -> None:
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await store(elsewhere, make_user(email=EVE["email"], password_hash=old))
    watched.meanwhile = _first_two_meet()
    logins = [_login(fresh_client), _login(fresh_client)]
    responses = await asyncio.gather(*logins)
    assert [each.status_code for each in responses] == [200, 200]
    async with elsewhere.reading() as session:
        renewed = await session.scalar(select(User.password_hash))
    assert renewed
    assert renewed.startswith("$argon2id$")


@pytest.mark.parametrize("values", [{"is_active": False}, {"deleted_at": func.now()}])
@pytest.mark.usefixtures("link")
async def test_a_user_lost_during_a_reset_gets_no_password(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    watched: Watched,
    user: User,
    values: dict[str, object],
) -> None:
    async def lose() -> None:
        async with elsewhere.transaction() as session:
            await session.execute(update(User).values(values))

    watched.meanwhile = lose
    assert (await _reset(fresh_client)).status_code == 400
    async with elsewhere.reading() as session:
        kept = await session.scalar(select(User.password_hash))
    assert kept == user.password_hash


@pytest.mark.usefixtures("user", "link")
async def test_a_full_queue_refuses_at_once_and_counts_nothing(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    watched: Watched,
    as_user: Headers,
) -> None:
    in_queue, done = asyncio.Semaphore(0), asyncio.Event()

    async def wait() -> None:
        in_queue.release()
        await done.wait()

    watched.meanwhile = wait
    accepted = [asyncio.create_task(_login(fresh_client)) for _ in range(2)]
    for _ in accepted:
        await in_queue.acquire()
    before = await _counted(elsewhere)
    new_email = {"email": "new@example.com", "password": PASSWORD}
    for refused in (
        _login(fresh_client),
        _change(fresh_client, as_user),
        _reset(fresh_client),
        fresh_client.post(f"{AUTH}/register", json=ADA),
        fresh_client.patch("/api/v1/users/me", json=new_email, headers=as_user),
    ):
        response = await refused
        assert response.status_code == 503
        assert response.headers["Retry-After"]
    assert await _counted(elsewhere) == before
    done.set()
    assert [(await each).status_code for each in accepted] == [200, 200]
    assert (await _login(fresh_client)).is_success


async def test_a_link_that_is_revoked_meanwhile_does_not_deadlock(
    fresh_app: FastAPI,
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    user: User,
) -> None:
    await _add_link(fresh_app, user, Purpose.VERIFY)
    async with elsewhere.transaction() as session:
        await UserRepository(session).get_for_update(user.id)
        body = {"token": LINK}
        verifying = asyncio.create_task(
            fresh_client.post(f"{AUTH}/verify-email", json=body)
        )
        async with asyncio.timeout(60), elsewhere.reading() as watching:
            while not await watching.scalar(WAITING):
                continue
        await MailTokenRepository(session).revoke_all(user.id)
    assert (await verifying).status_code == 400


async def test_a_link_is_added_while_its_user_is_locked(
    fresh_app: FastAPI, elsewhere: DatabaseManager, user: User
) -> None:
    async with elsewhere.transaction() as session:
        await UserRepository(session).get_for_update(user.id)
        await _add_link(fresh_app, user, Purpose.RESET)


async def _nothing() -> None: ...


async def _counted(database: DatabaseManager) -> int | None:
    async with database.reading() as session:
        return await session.scalar(select(func.sum(RateLimit.count)))
