"""Sessions over HTTP: repeated, replayed and concurrent exchanges of refresh tokens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, text, update

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.security import token_hash
from app.domain.models.audit_event import AuditEvent
from app.domain.models.refresh_token import RefreshToken
from app.domain.models.user import User
from tests.conftest import PASSWORD, MakeUser
from tests.integration.conftest import store, waiting

pytestmark = pytest.mark.integration
AUTH = "/api/v1/auth"
NEW = "a new password, long enough"
Tokens = dict[str, Any]
End = Callable[[AsyncClient, Tokens], Coroutine[Any, Any, Response]]


@pytest.fixture
async def user(elsewhere: DatabaseManager, make_user: MakeUser) -> User:
    return await store(elsewhere, make_user(email="ada@example.com"))


@pytest.fixture
async def tokens(fresh_client: AsyncClient, user: User) -> Tokens:
    form = {"username": user.email, "password": PASSWORD}
    tokens: Tokens = (await fresh_client.post(f"{AUTH}/login", data=form)).json()
    return tokens


async def test_concurrent_exchanges_of_a_token_get_the_same_refresh_token(
    fresh_client: AsyncClient, tokens: Tokens
) -> None:
    responses = await asyncio.gather(
        *(_refresh(fresh_client, tokens) for _ in range(5))
    )
    assert [response.status_code for response in responses] == [200] * 5
    [successor] = {response.json()["refresh_token"] for response in responses}
    again = await _refresh(fresh_client, {"refresh_token": successor})
    assert again.status_code == 200


async def test_a_token_reused_later_revokes_its_family_and_is_recorded(
    fresh_client: AsyncClient,
    fresh_database: Settings,
    elsewhere: DatabaseManager,
    tokens: Tokens,
) -> None:
    successor = (await _refresh(fresh_client, tokens)).json()
    later = func.now() - text(
        f"interval '{fresh_database.JWT_REFRESH_GRACE_SECONDS} s'"
    )
    async with elsewhere.transaction() as session:
        await session.execute(_row(tokens, used_at=later))
    for reused in (tokens, successor):
        assert (await _refresh(fresh_client, reused)).status_code == 401
    async with elsewhere.reading() as session:
        actions = await session.scalars(select(AuditEvent.action).distinct())
        assert actions.all() == ["refresh"]


async def _log_out(client: AsyncClient, tokens: Tokens) -> Response:
    return await client.post(f"{AUTH}/logout", json=_refresh_token(tokens))


async def _log_out_everywhere(client: AsyncClient, tokens: Tokens) -> Response:
    return await client.post(f"{AUTH}/logout-all", headers=_bearer(tokens))


async def _change_password(client: AsyncClient, tokens: Tokens) -> Response:
    change = {"old_password": PASSWORD, "new_password": NEW}
    return await client.post(
        f"{AUTH}/change-password", json=change, headers=_bearer(tokens)
    )


@pytest.mark.parametrize("end", [_log_out, _log_out_everywhere, _change_password])
async def test_a_session_that_ends_takes_an_exchange_in_flight_with_it(
    fresh_client: AsyncClient, elsewhere: DatabaseManager, tokens: Tokens, end: End
) -> None:
    async with _locked(elsewhere, tokens):
        exchange = asyncio.create_task(_refresh(fresh_client, tokens))
        await waiting(elsewhere, 1)
        ending = asyncio.create_task(end(fresh_client, tokens))
        await waiting(elsewhere, 2)
    assert (await ending).status_code == 200
    exchanged = await exchange
    assert exchanged.status_code == 200
    again = await _refresh(fresh_client, exchanged.json())
    assert again.status_code == 401


async def test_a_replay_takes_an_exchange_in_flight_with_it(
    fresh_client: AsyncClient, elsewhere: DatabaseManager, tokens: Tokens
) -> None:
    second = (await _refresh(fresh_client, tokens)).json()
    async with _locked(elsewhere, second):
        exchange = asyncio.create_task(_refresh(fresh_client, second))
        await waiting(elsewhere, 1)
        replay = asyncio.create_task(_refresh(fresh_client, tokens))
        await waiting(elsewhere, 2)
    assert (await replay).status_code == 401
    again = await _refresh(fresh_client, (await exchange).json())
    assert again.status_code == 401


@asynccontextmanager
async def _locked(database: DatabaseManager, tokens: Tokens) -> AsyncIterator[None]:
    """Hold an exchange of a token in flight."""
    async with database.transaction() as session:
        await session.execute(_row(tokens, used_at=None))
        yield


def _row(tokens: Tokens, **values: Any) -> Any:
    hashed = token_hash(tokens["refresh_token"])
    of_token = update(RefreshToken).where(RefreshToken.token_hash == hashed)
    return of_token.values(**values)


async def _refresh(client: AsyncClient, tokens: Tokens) -> Response:
    return await client.post(f"{AUTH}/refresh", json=_refresh_token(tokens))


def _refresh_token(tokens: Tokens) -> dict[str, str]:
    return {"refresh_token": tokens["refresh_token"]}


def _bearer(tokens: Tokens) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}
