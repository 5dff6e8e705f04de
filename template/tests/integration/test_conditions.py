"""ETag and If-Match: protection against lost updates."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.domain.models.user import User
from app.domain.roles import Role
from tests.conftest import Headers, MakeUser, SignIn
from tests.integration.conftest import store

pytestmark = pytest.mark.integration
USERS = "/api/v1/users"


async def test_each_version_of_a_user_has_its_own_etag(
    client: AsyncClient, as_admin: Headers, user: User
) -> None:
    one = f"{USERS}/{user.id}"
    tags = [(await client.get(one, headers=as_admin)).headers["ETag"]]
    assert (await client.get(one, headers=as_admin)).headers["ETag"] == tags[0]
    # now() does not advance within the test's transaction.
    for name in ("Ada", "Grace"):
        changed = await client.patch(one, json={"full_name": name}, headers=as_admin)
        tags.append(changed.headers["ETag"])
    assert (await client.get(one, headers=as_admin)).headers["ETag"] == tags[-1]
    assert len(set(tags)) == 3


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("own", [True, False])
async def test_a_change_with_a_stale_etag_is_refused(
    client: AsyncClient,
    admin: User,
    as_admin: Headers,
    database: DatabaseManager,
    make_user: MakeUser,
    method: str,
    own: bool,
) -> None:
    other = await store(database, make_user(role=Role.ADMIN))
    one = f"{USERS}/{'me' if own else other.id}"
    old = (await client.get(one, headers=as_admin)).headers["ETag"]
    change: Any = {"json": {"full_name": "Now"}} if method == "PATCH" else {}
    seen = await client.patch(one, json={"full_name": "Meanwhile"}, headers=as_admin)
    for stale in (old, f"W/{seen.headers['ETag']}", '"other"', "junk", '"'):
        headers = as_admin | {"If-Match": stale}
        refused = await client.request(method, one, headers=headers, **change)
        assert refused.status_code == 412
    known = f'"other", {seen.headers["ETag"]}'
    headers = as_admin | {"If-Match": known}
    assert (await client.request(method, one, headers=headers, **change)).is_success


async def test_if_match_can_be_left_out_or_a_star(
    client: AsyncClient, as_admin: Headers, user: User
) -> None:
    one = f"{USERS}/{user.id}"
    for headers in ({}, {"If-Match": "*"}):
        changed = await client.patch(
            one, json={"full_name": "Now"}, headers=as_admin | headers
        )
        assert changed.status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_if_match_can_be_required(
    app: FastAPI,
    client: AsyncClient,
    admin: User,
    as_admin: Headers,
    settings: Settings,
    method: str,
) -> None:
    app.state.container.settings = settings.model_copy(
        update={"REQUIRE_IF_MATCH": True}
    )
    for one in (f"{USERS}/me", f"{USERS}/{admin.id}"):
        change: Any = {"json": {"full_name": "Now"}} if method == "PATCH" else {}
        refused = await client.request(method, one, headers=as_admin, **change)
        assert refused.status_code == 428
        assert "If-Match" in refused.json()["message"]


async def test_one_of_concurrent_changes_succeeds(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    admin = await store(elsewhere, make_user(role=Role.ADMIN))
    other = await store(elsewhere, make_user())
    one, headers = f"{USERS}/{other.id}", sign_in(admin)
    tag = (await fresh_client.get(one, headers=headers)).headers["ETag"]
    responses = await asyncio.gather(
        *(
            fresh_client.patch(
                one, json={"full_name": name}, headers=headers | {"If-Match": tag}
            )
            for name in ("Ada", "Grace", "Jean", "Radia")
        )
    )
    assert sorted(a.status_code for a in responses) == [200, 412, 412, 412]
