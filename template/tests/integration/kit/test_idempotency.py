"""Idempotency-Key: a repeated POST takes effect once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, insert, select, text, update

from app.api.idempotency import IdempotentRoute
from app.api.openapi import NO_REPLAY, PUBLIC, declines_key
from app.api.slice_router import SliceRouter
from app.core.database import DatabaseManager
from app.core.exceptions import ServiceUnavailableException, TooManyRequestsException
from app.domain.models.idempotency_key import IdempotencyKey
from app.domain.models.user import User
from app.domain.roles import Role
from app.repository.idempotency_repository import IdempotencyRepository
from app.service.user_service import UserService
from tests.conftest import Headers, MakeUser, SignIn
from tests.integration.conftest import store
from tests.people import EVE, PASSWORD, ROW

pytestmark = pytest.mark.integration
USERS = "/api/v1/users"
KEY = {"Idempotency-Key": "f47ac10b-58cc"}


@pytest.fixture
async def as_fresh_admin(
    elsewhere: DatabaseManager, make_user: MakeUser, sign_in: SignIn
) -> Headers:
    """Return the headers of an admin in the database where commits are real."""
    return sign_in(await store(elsewhere, make_user(role=Role.ADMIN)))


def test_every_post_takes_a_key_or_declines_it(built: FastAPI) -> None:
    for path, operations in built.openapi()["paths"].items():
        if post := operations.get("post"):
            names = [parameter["name"] for parameter in post.get("parameters", ())]
            assert ("Idempotency-Key" in names) is not declines_key(post), (
                f"POST {path} needs IdempotentRoute, or openapi_extra=NO_REPLAY"
            )


@pytest.mark.parametrize("extra", [NO_REPLAY, PUBLIC, PUBLIC | NO_REPLAY])
def test_a_route_that_declines_the_key_takes_none(extra: dict[str, Any]) -> None:
    router = SliceRouter(prefix="/tokens", route_class=IdempotentRoute)

    @router.post("", openapi_extra=extra)
    async def create() -> None: ...

    app = FastAPI()
    app.include_router(router)
    operation = app.openapi()["paths"]["/tokens"]["post"]
    assert "parameters" not in operation
    assert operation.items() >= extra.items()


async def test_a_repeated_request_is_replayed_and_takes_effect_once(
    client: AsyncClient, as_admin: Headers
) -> None:
    headers = as_admin | KEY
    first = await client.post(USERS, json=EVE, headers=headers)
    again = await client.post(USERS, json=EVE, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["ETag"] == again.headers["ETag"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["X-Request-ID"] != again.headers["X-Request-ID"]
    assert (await client.get(f"{USERS}?search=eve", headers=as_admin)).json()[
        "total"
    ] == 1


async def test_another_request_with_the_key_is_refused(
    client: AsyncClient, as_admin: Headers
) -> None:
    headers = as_admin | KEY
    await client.post(USERS, json=EVE, headers=headers)
    for other in (EVE | {"full_name": "Mallory"}, EVE | {"password": PASSWORD + "!"}):
        refused = await client.post(USERS, json=other, headers=headers)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "header.Idempotency-Key"
    refused = await client.post(f"{USERS}?a=1", json=EVE, headers=headers)
    assert refused.status_code == 422


async def test_a_key_is_scoped_to_its_caller(
    client: AsyncClient,
    as_admin: Headers,
    database: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    other = sign_in(await store(database, make_user(role=Role.ADMIN)))
    assert (await client.post(USERS, json=EVE, headers=as_admin | KEY)).is_success
    theirs = await client.post(USERS, json=EVE, headers=other | KEY)
    assert theirs.status_code == 409
    assert theirs.json()["message"] == "This e-mail is already registered"


async def test_a_conflict_is_replayed_too(
    client: AsyncClient, as_admin: Headers, admin: User
) -> None:
    taken = EVE | {"email": admin.email}
    first = await client.post(USERS, json=taken, headers=as_admin | KEY)
    await client.delete(f"{USERS}/{admin.id}", headers=as_admin)
    again = await client.post(USERS, json=taken, headers=as_admin | KEY)
    assert first.status_code == again.status_code == 409
    assert again.headers["Content-Type"] == "application/problem+json"
    assert again.json() == first.json()


async def test_a_refused_role_is_not_stored(
    client: AsyncClient, database: DatabaseManager, user: User, sign_in: SignIn
) -> None:
    headers = sign_in(user) | KEY
    assert (await client.post(USERS, json=EVE, headers=headers)).status_code == 403
    async with database.transaction() as session:
        await session.execute(update(User).values(role=Role.ADMIN))
        assert (await session.scalars(select(IdempotencyKey))).all() == []
    assert (await client.post(USERS, json=EVE, headers=headers)).status_code == 201


async def test_a_replay_requires_the_role_again(
    client: AsyncClient, admin: User, as_admin: Headers, database: DatabaseManager
) -> None:
    headers = as_admin | KEY
    assert (await client.post(USERS, json=EVE, headers=headers)).status_code == 201
    async with database.transaction() as session:
        demoted = update(User).where(User.id == admin.id).values(role=Role.USER)
        await session.execute(demoted)
    assert (await client.post(USERS, json=EVE, headers=headers)).status_code == 403


async def test_an_invalid_request_can_be_fixed_and_sent_again(
    client: AsyncClient, as_admin: Headers
) -> None:
    headers = as_admin | KEY
    bad = await client.post(USERS, json=EVE | {"email": "x"}, headers=headers)
    assert bad.status_code == 422
    assert (await client.post(USERS, json=EVE, headers=headers)).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "caf\xe9"])
async def test_an_invalid_key_is_refused(
    client: AsyncClient, as_admin: Headers, key: str
) -> None:
    # As bytes: httpx refuses to send some of them as text.
    headers = [(k.encode(), v.encode()) for k, v in as_admin.items()]
    headers.append((b"Idempotency-Key", key.encode("latin-1")))
    refused = await client.post(USERS, json=EVE, headers=headers)
    assert refused.status_code == 422


async def test_one_of_concurrent_equal_requests_takes_effect(
    fresh_client: AsyncClient, as_fresh_admin: Headers, elsewhere: DatabaseManager
) -> None:
    headers = as_fresh_admin | KEY
    responses = await asyncio.gather(
        *(fresh_client.post(USERS, json=EVE, headers=headers) for _ in range(8))
    )
    codes = {response.status_code for response in responses}
    assert codes <= {201, 409}
    created = [a for a in responses if a.status_code == 201]
    assert len({a.content for a in created}) == 1
    in_flight = [a for a in responses if a.status_code == 409]
    assert all("in progress" in a.json()["message"] for a in in_flight)
    assert all(a.headers["Retry-After"] == "1" for a in in_flight)
    async with elsewhere.transaction() as session:
        count = select(func.count()).where(User.email == EVE["email"])
        assert await session.scalar(count) == 1


async def test_a_request_in_flight_holds_its_key_until_it_ends(
    fresh_client: AsyncClient, as_fresh_admin: Headers, elsewhere: DatabaseManager
) -> None:
    async with elsewhere.transaction() as session:
        # The request waits for this row, with its key claimed.
        await session.execute(insert(User).values(**ROW, email=EVE["email"]))
        first = asyncio.create_task(
            fresh_client.post(USERS, json=EVE, headers=as_fresh_admin | KEY)
        )
        await _waiting(elsewhere)
        second = await fresh_client.post(USERS, json=EVE, headers=as_fresh_admin | KEY)
        assert second.status_code == 409
        await session.rollback()
    assert (await first).status_code == 201


async def test_a_server_error_is_not_stored(
    fresh_app: FastAPI,
    fresh_client: AsyncClient,
    as_fresh_admin: Headers,
    elsewhere: DatabaseManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError

    headers = as_fresh_admin | KEY
    with monkeypatch.context() as patch:
        patch.setattr(fresh_app.state.container.hasher, "hash_password", fail)
        failed = await fresh_client.post(USERS, json=EVE, headers=headers)
    assert failed.status_code == 500
    async with elsewhere.transaction() as session:
        assert (await session.scalars(select(IdempotencyKey))).all() == []
    assert (await fresh_client.post(USERS, json=EVE, headers=headers)).is_success


async def test_a_response_is_replayed_for_a_day(
    client: AsyncClient, as_admin: Headers, database: DatabaseManager
) -> None:
    headers = as_admin | KEY
    assert (await client.post(USERS, json=EVE, headers=headers)).status_code == 201
    for hours, expected in ((23, 201), (2, 409)):
        async with database.transaction() as session:
            earlier = IdempotencyKey.created_at - timedelta(hours=hours)
            await session.execute(update(IdempotencyKey).values(created_at=earlier))
        response = await client.post(USERS, json=EVE, headers=headers)
        assert response.status_code == expected
    # The newer response has replaced it.
    assert (await client.post(USERS, json=EVE, headers=headers)).status_code == 409


async def test_a_temporary_refusal_is_not_stored(
    client: AsyncClient, as_admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise TooManyRequestsException(60)

    headers = as_admin | KEY
    with monkeypatch.context() as patch:
        patch.setattr(UserService, "create_user", refuse)
        refused = await client.post(USERS, json=EVE, headers=headers)
    assert refused.status_code == 429
    assert (await client.post(USERS, json=EVE, headers=headers)).status_code == 201


async def test_the_key_and_the_body_are_not_stored_in_plain_text(
    client: AsyncClient, as_admin: Headers, database: DatabaseManager
) -> None:
    await client.post(USERS, json=EVE, headers=as_admin | KEY)
    async with database.transaction() as session:
        stored = await session.scalars(text("SELECT t::text FROM idempotency_keys t"))
        [row] = stored.all()
    assert KEY["Idempotency-Key"] not in row
    assert PASSWORD.encode().hex() not in row


async def test_the_claim_of_an_unresponsive_process_expires(
    elsewhere: DatabaseManager,
) -> None:
    async def claim(expires: timedelta) -> bool:
        async with elsewhere.transaction() as session:
            return await IdempotencyRepository(session, expires).claim("a")

    async def stay_silent() -> None:
        async with elsewhere.transaction() as session:
            claimed = IdempotencyRepository(session, timedelta(seconds=1))
            assert await claimed.claim("a")
            assert not await claim(timedelta(minutes=1))
            await asyncio.sleep(1.3)
            assert await claim(timedelta(minutes=1))

    with pytest.raises(ServiceUnavailableException):
        await stay_silent()


async def _waiting(database: DatabaseManager) -> None:
    """Wait until a request with a claim waits for a row."""
    held = text(
        "SELECT count(*) FROM pg_locks AS waits JOIN pg_locks AS claim USING (pid) "
        "WHERE NOT waits.granted AND claim.locktype = 'advisory'"
    )
    for _ in range(100):
        async with database.transaction() as session:
            if await session.scalar(held):
                return
        await asyncio.sleep(0.02)
    pytest.fail("nobody waits")
