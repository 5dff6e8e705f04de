"""Lists: numbered pages up to a cap, cursors beyond, and search."""

import base64
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.user import User
from app.repository.user_repository import SORTABLE
from app.utils.pagination import TOTAL_CAP
from tests.conftest import Headers, MakeUser
from tests.people import ROW

pytestmark = pytest.mark.integration
USERS = "/api/v1/users"


async def _fill(session: AsyncSession, numbers: Iterable[int]) -> None:
    rows = [{"email": f"u{i}@example.com", "full_name": f"Number {i}"} for i in numbers]
    if rows:
        await session.execute(insert(User), [ROW | row for row in rows])


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("field", SORTABLE)
async def test_cursors_return_every_user_once(
    client: AsyncClient,
    as_admin: Headers,
    session: AsyncSession,
    make_user: MakeUser,
    field: str,
    order: str,
) -> None:
    # Equal in every field but the unique e-mail.
    session.add_all(make_user(full_name="Same Name") for _ in range(5))
    await session.flush()
    query = {"limit": "2", "sort_by": field, "sort_order": order, "search": "same"}
    page = (await client.get(USERS, params=query, headers=as_admin)).json()
    assert (page["page"], page["total"], page["total_pages"]) == (1, 5, 3)
    found = page["items"]
    while cursor := page["next_cursor"]:
        response = await client.get(
            USERS, params=query | {"cursor": cursor}, headers=as_admin
        )
        page = response.json()
        assert page["total"] is page["page"] is page["total_pages"] is None
        found += page["items"]
    assert len({user["id"] for user in found}) == len(found) == 5
    values = [(user[field], user["id"]) for user in found]
    assert values == sorted(values, reverse=order == "desc")


async def test_cursors_are_stable_under_inserts_and_deletes(
    client: AsyncClient, as_admin: Headers, session: AsyncSession, make_user: MakeUser
) -> None:
    users = [make_user(full_name=f"Number {i}") for i in range(1, 5)]
    session.add_all(users)
    await session.flush()
    query = {"limit": "2", "sort_by": "full_name", "sort_order": "asc"}
    query |= {"search": "number"}
    first = (await client.get(USERS, params=query, headers=as_admin)).json()
    session.add(make_user(full_name="Number 0"))
    await session.delete(users[0])
    await session.flush()
    query |= {"cursor": first["next_cursor"]}
    second = (await client.get(USERS, params=query, headers=as_admin)).json()
    assert [u["full_name"] for u in second["items"]] == ["Number 3", "Number 4"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"sort_order": "asc"},
        {"sort_by": "email"},
        {"search": "number"},
        {"cursor": "x"},
        {"cursor": "AAAA"},
        {"cursor": "\N{SNOWMAN}"},
        {"cursor": "x" * 3000},
        {"cursor": ""},
        {"page": "1"},
    ],
)
async def test_a_cursor_of_another_list_is_refused(
    client: AsyncClient, as_admin: Headers, session: AsyncSession, change: Any
) -> None:
    await _fill(session, range(1, 4))
    first = await client.get(USERS, params={"limit": "2"}, headers=as_admin)
    query = {"limit": "2", "cursor": first.json()["next_cursor"]}
    assert (await client.get(USERS, params=query, headers=as_admin)).is_success
    refused = await client.get(USERS, params=query | change, headers=as_admin)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith("query")


async def test_an_altered_cursor_is_refused(
    client: AsyncClient, as_admin: Headers, session: AsyncSession
) -> None:
    await _fill(session, range(1, 4))
    first = await client.get(USERS, params={"limit": "2"}, headers=as_admin)
    cursor = first.json()["next_cursor"]
    raw = bytearray(base64.urlsafe_b64decode(cursor))
    raw[-3:] = uuid4().bytes[:1] + raw[-2:]
    raw[0] ^= 1
    altered = base64.urlsafe_b64encode(raw).decode()
    refused = await client.get(USERS, params={"cursor": altered}, headers=as_admin)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "query.cursor"


async def test_the_total_is_exact_up_to_the_cap(
    client: AsyncClient, as_admin: Headers, session: AsyncSession
) -> None:
    await _fill(session, range(1, TOTAL_CAP))
    exact = (await client.get(USERS, headers=as_admin)).json()
    assert (exact["total"], exact["total_capped"]) == (TOTAL_CAP, False)
    await _fill(session, [TOTAL_CAP])
    capped = (await client.get(USERS, headers=as_admin)).json()
    assert (capped["total"], capped["total_capped"]) == (TOTAL_CAP, True)
    assert capped["total_pages"] == TOTAL_CAP // 20

    last = {"page": "100", "limit": "100", "sort_by": "email"}
    page = (await client.get(USERS, params=last, headers=as_admin)).json()
    assert len(page["items"]) == 100
    beyond = {"cursor": page["next_cursor"], "limit": "100", "sort_by": "email"}
    rest = (await client.get(USERS, params=beyond, headers=as_admin)).json()
    assert len(rest["items"]) == 1

    # The search finds TOTAL_CAP users, the most that are sorted.
    everyone = (await client.get(f"{USERS}?search=num", headers=as_admin)).json()
    assert (everyone["total"], everyone["total_capped"]) == (TOTAL_CAP, False)


@pytest.mark.parametrize(
    "query", ["page=101&limit=100", "page=501", "page=10000&limit=2"]
)
async def test_a_page_past_the_cap_is_refused_with_the_fix(
    client: AsyncClient, as_admin: Headers, query: str
) -> None:
    refused = await client.get(f"{USERS}?{query}", headers=as_admin)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["field"] == "query.page"
    assert "cursor" in error["message"]


async def test_a_page_after_the_last_is_empty_and_has_the_total(
    client: AsyncClient, as_admin: Headers
) -> None:
    page = (await client.get(f"{USERS}?page=7&search=grace", headers=as_admin)).json()
    assert (page["items"], page["total"], page["next_cursor"]) == ([], 1, None)


@pytest.mark.parametrize("search", ["ab", "%20%20a%20%20", ""])
async def test_a_search_needs_three_characters(
    client: AsyncClient, as_admin: Headers, search: str
) -> None:
    refused = await client.get(f"{USERS}?search={search}", headers=as_admin)
    assert refused.json()["errors"][0]["field"] == "query.search"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ada.l@example.com", True),
        ("ADA.L@EXAMPLE", True),
        ("a@example.com", False),
        ("ada.l@other", False),
        ("@example.com", True),
    ],
)
async def test_an_email_search_compares_the_part_after_the_at_sign(
    client: AsyncClient,
    as_admin: Headers,
    session: AsyncSession,
    make_user: MakeUser,
    search: str,
    found: bool,
) -> None:
    session.add(make_user(full_name="Ada", email="ada.l@example.com"))
    await session.flush()
    query = {"search": search, "sort_by": "full_name", "sort_order": "asc"}
    items = (await client.get(USERS, params=query, headers=as_admin)).json()["items"]
    assert ("Ada" in [user["full_name"] for user in items]) is found


@pytest.mark.parametrize("rows", [0, 1_000])
@pytest.mark.parametrize("field", SORTABLE)
async def test_every_order_uses_an_index(
    session: AsyncSession, field: str, rows: int
) -> None:
    await _fill(session, range(rows))
    await session.execute(text("ANALYZE users"))
    # Without these plans only an index returns the order, whatever the statistics.
    for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
        await session.execute(text(f"SET LOCAL enable_{way} = off"))
    plan = await session.scalars(
        text(
            f"EXPLAIN SELECT * FROM users WHERE deleted_at IS NULL "  # noqa: S608 - constants
            f"AND ({field}, id) < (SELECT {field}, id FROM users LIMIT 1) "
            f"ORDER BY {field} DESC, id DESC LIMIT 21"
        )
    )
    assert f"Index Scan Backward using ix_users_{field}_id" in "\n".join(plan)
