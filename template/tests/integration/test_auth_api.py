"""Login over HTTP."""

import re
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from app.core.database import DatabaseManager
from app.domain.models.audit_event import AuditEvent
from app.domain.models.rate_limit import RateLimit
from app.domain.models.user import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.integration
LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/users/me"
RECORDED = select(AuditEvent.address, AuditEvent.request_id)


async def test_login_returns_a_valid_access_token(
    client: AsyncClient, user: User
) -> None:
    form = {"username": user.email.upper(), "password": PASSWORD}
    response = await client.post(LOGIN, data=form)
    tokens = response.json()
    assert (response.status_code, tokens["token_type"]) == (200, "bearer")
    assert tokens["expires_in"] == 15 * 60
    me = await client.get(ME, headers=_bearer(tokens["access_token"]))
    assert me.json()["email"] == user.email


async def test_refresh_returns_new_tokens(client: AsyncClient, user: User) -> None:
    form = {"username": user.email, "password": PASSWORD}
    tokens = (await client.post(LOGIN, data=form)).json()
    response = await client.post(
        REFRESH, json={"refresh_token": tokens["refresh_token"]}
    )
    assert response.status_code == 200
    me = await client.get(ME, headers=_bearer(response.json()["access_token"]))
    assert me.status_code == 200


async def test_a_device_gets_a_cookie_and_keeps_it(
    client: AsyncClient, user: User
) -> None:
    form = {"username": user.email, "password": PASSWORD}
    first = await client.post(LOGIN, data=form)
    cookie = first.headers["Set-Cookie"]
    for part in ("Path=/", "Secure", "HttpOnly", "SameSite=strict", "Max-Age=2592000"):
        assert part in cookie
    assert "Domain" not in cookie
    device, _, _ = cookie.partition(";")
    tokens = {"refresh_token": first.json()["refresh_token"]}
    again = await client.post(REFRESH, json=tokens, headers={"Cookie": device})
    assert again.headers["Set-Cookie"].startswith(f"{device};")


async def test_a_refresh_remembers_a_device_only_if_it_keeps_the_cookie(
    client: AsyncClient, database: DatabaseManager, user: User
) -> None:
    form = {"username": user.email, "password": PASSWORD}
    response = await client.post(LOGIN, data=form)
    marks = []
    for cookie in ("", "", f"__Host-device={'x' * 43}"):
        tokens = {"refresh_token": response.json()["refresh_token"]}
        response = await client.post(REFRESH, json=tokens, headers={"Cookie": cookie})
        async with database.transaction() as session:
            counters = await session.scalars(select(RateLimit.key))
        marks.append(len(counters.all()))
    assert marks[0] == marks[1] == marks[2] - 1


@pytest.mark.parametrize("device", ["", "x", "x" * 44, "\u00e9" * 43, "=" * 43])
async def test_another_value_of_the_cookie_is_replaced(
    client: AsyncClient, user: User, device: str
) -> None:
    form = {"username": user.email, "password": PASSWORD}
    headers = [(b"Cookie", f"__Host-device={device}".encode())]
    response = await client.post(LOGIN, data=form, headers=headers)
    assert re.match(r"__Host-device=[\w-]{43};", response.headers["Set-Cookie"])


async def test_access_and_refresh_tokens_are_not_interchangeable(
    client: AsyncClient, user: User
) -> None:
    form = {"username": user.email, "password": PASSWORD}
    tokens = (await client.post(LOGIN, data=form)).json()
    me = await client.get(ME, headers=_bearer(tokens["refresh_token"]))
    assert me.status_code == 401
    again = await client.post(REFRESH, json={"refresh_token": tokens["access_token"]})
    assert again.status_code == 401


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:50123", "203.0.113.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("_hidden", "unknown"),
        ("x" * 46, "unknown"),
        ("203.0.113.9, " + "y" * 300, "unknown"),
        ("[" * 1000, "unknown"),
        ("\xff, \xfe", "unknown"),
    ],
)
async def test_a_refused_login_is_recorded_with_any_forwarded_address(
    client: AsyncClient, database: DatabaseManager, forwarded: str, address: str
) -> None:
    form = {"username": "nobody@example.com", "password": "wrong"}
    headers = [
        (b"X-Forwarded-For", forwarded.encode("latin-1")),
        (b"X-Request-ID", b"x" * 99),
    ]
    response = await client.post(LOGIN, data=form, headers=headers)
    assert response.status_code == 401
    async with database.reading() as session:
        recorded = (await session.execute(RECORDED)).all()
    assert recorded == [(address, response.headers["X-Request-ID"])]


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"username": "nobody@example.com"}]
)
async def test_a_failed_login_hides_the_cause(
    client: AsyncClient, user: User, change: dict[str, str]
) -> None:
    form = {"username": user.email, "password": PASSWORD} | change
    response = await client.post(LOGIN, data=form)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["message"] == "E-mail or password is wrong"


@pytest.mark.parametrize(
    "change",
    [
        {"username": "NUL \x00"},
        {"username": "x" * 255},
        {"password": "x" * 129},
        {"grant_type": "client_credentials"},
    ],
)
async def test_an_invalid_login_form_is_refused(
    client: AsyncClient, change: dict[str, Any]
) -> None:
    form = {"username": "ada@example.com", "password": PASSWORD} | change
    assert (await client.post(LOGIN, data=form)).status_code == 422


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é"])
async def test_a_malformed_token_is_refused(client: AsyncClient, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode()}
    assert (await client.get(ME, headers=headers)).status_code == 401


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
