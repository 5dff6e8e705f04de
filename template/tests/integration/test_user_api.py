"""User administration over HTTP."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import DatabaseManager
from app.domain.models.user import User
from app.domain.roles import Role
from tests.conftest import PASSWORD, Headers, MakeUser, SignIn
from tests.integration.conftest import store
from tests.people import ADA

pytestmark = pytest.mark.integration
USERS = "/api/v1/users"


async def test_an_admin_creates_reads_changes_and_deletes_a_user(
    client: AsyncClient, as_admin: Headers
) -> None:
    created = await client.post(USERS, json=ADA, headers=as_admin)
    assert created.status_code == 201
    user = created.json()
    assert (user["email"], user["role"]) == ("ada@example.com", "user")
    one = f"{USERS}/{user['id']}"

    assert (await client.get(one, headers=as_admin)).json() == user

    changed = await client.patch(
        one, json={"full_name": "Ada L.", "role": "moderator"}, headers=as_admin
    )
    assert changed.status_code == 200
    assert (changed.json()["full_name"], changed.json()["role"]) == (
        "Ada L.",
        "moderator",
    )

    deleted = await client.delete(one, headers=as_admin)
    assert deleted.json() == {"message": "User deleted successfully", "success": True}
    assert (await client.get(one, headers=as_admin)).status_code == 404


async def test_no_response_contains_a_password(
    client: AsyncClient, as_admin: Headers, user: User
) -> None:
    for response in (
        await client.post(USERS, json=ADA, headers=as_admin),
        await client.get(USERS, headers=as_admin),
        await client.get(f"{USERS}/{user.id}", headers=as_admin),
        await client.post(USERS, json=ADA | {"email": "x"}, headers=as_admin),
    ):
        assert PASSWORD not in response.text
        assert "hash" not in response.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("GET", ""),
        ("GET", "/{id}"),
        ("PATCH", "/{id}"),
        ("DELETE", "/{id}"),
    ],
)
@pytest.mark.parametrize("role", [None, Role.USER, Role.MODERATOR])
async def test_only_an_admin_can_write_and_a_moderator_can_read(
    client: AsyncClient,
    database: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
    method: str,
    path: str,
    role: Role | None,
) -> None:
    headers = {}
    if role is not None:
        headers = sign_in(await store(database, make_user(role=role)))
    path = USERS + path.format(id=uuid4())
    response = await client.request(method, path, headers=headers, json=ADA)
    reads = role == Role.MODERATOR and method == "GET"
    expected = (404 if "-" in path else 200) if reads else 403 if role else 401
    assert response.status_code == expected


async def test_every_user_can_read_themselves(
    client: AsyncClient, user: User, sign_in: SignIn
) -> None:
    response = await client.get(f"{USERS}/me", headers=sign_in(user))
    assert (response.status_code, response.json()["id"]) == (200, str(user.id))


async def test_a_revoked_role_is_refused_immediately(
    client: AsyncClient,
    admin: User,
    as_admin: Headers,
    database: DatabaseManager,
    make_user: MakeUser,
) -> None:
    await store(database, make_user(role=Role.ADMIN))
    one = f"{USERS}/{admin.id}"
    changed = await client.patch(one, json={"role": "user"}, headers=as_admin)
    assert changed.json()["role"] == "user"
    assert (await client.get(USERS, headers=as_admin)).status_code == 403


async def test_a_taken_email_is_a_conflict_regardless_of_case(
    client: AsyncClient, as_admin: Headers
) -> None:
    await client.post(USERS, json=ADA, headers=as_admin)
    again = ADA | {"email": "ADA@example.com"}
    response = await client.post(USERS, json=again, headers=as_admin)
    assert response.status_code == 409
    assert response.json()["message"] == "This e-mail is already registered"


async def test_one_of_concurrent_requests_creates_the_user(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    admin = await store(elsewhere, make_user(role=Role.ADMIN))
    responses = await asyncio.gather(
        *(fresh_client.post(USERS, json=ADA, headers=sign_in(admin)) for _ in range(8))
    )
    assert sorted(a.status_code for a in responses) == [201] + [409] * 7


async def test_the_email_of_a_deleted_user_can_be_reused(
    client: AsyncClient, as_admin: Headers
) -> None:
    first = (await client.post(USERS, json=ADA, headers=as_admin)).json()
    await client.delete(f"{USERS}/{first['id']}", headers=as_admin)
    again = await client.post(USERS, json=ADA, headers=as_admin)
    assert again.status_code == 201


async def test_a_deleted_or_inactive_user_is_refused(
    client: AsyncClient, user: User, as_admin: Headers, sign_in: SignIn
) -> None:
    one = f"{USERS}/{user.id}"
    await client.patch(one, json={"is_active": False}, headers=as_admin)
    me = await client.get(f"{USERS}/me", headers=sign_in(user))
    assert me.status_code == 401
    await client.patch(one, json={"is_active": True}, headers=as_admin)
    await client.delete(one, headers=as_admin)
    me = await client.get(f"{USERS}/me", headers=sign_in(user))
    assert me.status_code == 401


async def test_a_list_is_paginated(
    client: AsyncClient, as_admin: Headers, session: AsyncSession, make_user: MakeUser
) -> None:
    session.add_all(make_user(full_name=f"Number {i}") for i in range(5))
    await session.flush()
    query = "search=number&limit=2&page=3&sort_by=full_name&sort_order=asc"
    response = await client.get(f"{USERS}?{query}", headers=as_admin)
    body = response.json()
    assert [item["full_name"] for item in body.pop("items")] == ["Number 4"]
    assert body == {
        "total": 5,
        "total_capped": False,
        "page": 3,
        "limit": 2,
        "total_pages": 3,
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    "query",
    [
        "sort_by=metadata",
        "sort_by=password_hash",
        "sort_order=foo",
        "limit=-1",
        "limit=101",
        "page=0",
        "page=9223372036854775808",
        "search=%00",
        "colour=red",
    ],
)
async def test_an_invalid_query_parameter_is_named(
    client: AsyncClient, as_admin: Headers, query: str
) -> None:
    response = await client.get(f"{USERS}?{query}", headers=as_admin)
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert error["field"] == f"query.{query.split('=')[0]}"


@pytest.mark.parametrize(
    "body",
    [
        {"full_name": None},
        {"role": None},
        {"role": "owner"},
        {"email": "new@example.com"},
        {"full_name": "NUL \x00"},
        {"full_name": "\ud800"},
        [],
    ],
)
async def test_an_invalid_change_is_refused(
    client: AsyncClient, as_admin: Headers, user: User, body: Any
) -> None:
    # Not `json=body`: httpx does not send a lone surrogate; other clients do.
    response = await client.patch(
        f"{USERS}/{user.id}", content=json.dumps(body), headers=as_admin
    )
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"


async def test_a_malformed_body_is_refused(
    client: AsyncClient, as_admin: Headers
) -> None:
    response = await client.post(USERS, content=b"{", headers=as_admin)
    assert response.status_code == 422
