"""Articles over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import DatabaseManager
from app.domain.models.user import User
from app.domain.roles import Role
from tests.conftest import Headers, MakeUser, SignIn
from tests.integration.conftest import store
from tests.slices.article import SLICE

pytestmark = pytest.mark.integration
MakeBody = Callable[[], Awaitable[dict[str, Any]]]
PATH = "/api/v1/articles"
# Fields and invalid values.
WRONG: list[tuple[str, Any]] = [
    ("title", ""),
    ("title", " "),
    ("title", "NUL \x00"),
    ("title", 1),
    ("title", "x" * 201),
    ("title", None),
    ("slug", ""),
    ("slug", " "),
    ("slug", "NUL \x00"),
    ("slug", 1),
    ("slug", "x" * 81),
    ("slug", None),
    ("body", ""),
    ("body", "NUL \x00"),
    ("body", 1),
    ("price", 1.5),
    ("price", "1e2"),
    ("price", "NaN"),
    ("price", None),
    ("status", "no such value"),
    ("status", 1),
    ("status", None),
    ("views", "01"),
    ("views", "1.5"),
    ("views", "9223372036854775808"),
    ("views", 1.5),
    ("views", True),
    ("views", None),
    ("contact", ""),
    ("contact", "x"),
    ("contact", "ada@nowhere.test"),
    ("contact", "Ada <ada@example.com>"),
    ("contact", 1),
    ("contact", None),
    ("homepage", ""),
    ("homepage", "x"),
    ("homepage", "ftp://example.com/"),
    ("homepage", "https://"),
    ("homepage", "https://x.com/" + "x" * 2083),
    ("homepage", 1),
    ("published_at", 0),
    ("published_at", "2026-01-01T00:00:00"),
    ("tags", [""]),
    ("tags", [" "]),
    ("tags", ["NUL \x00"]),
    ("tags", [1]),
    ("tags", ["x" * 41]),
    ("tags", "x"),
    ("tags", [None]),
    ("tags", None),
    ("writer_id", "x"),
    ("writer_id", 1),
    ("writer_id", None),
    ("unknown", 1),
    ("id", "f47ac10b-58cc-4372-a567-0e02b2c3d479"),
]
WRONG_QUERIES = [
    "sort_by=metadata",
    "sort_order=up",
    "page=0",
    "cursor=x",
    "colour=red",
    "title=%00",
    "slug=%00",
    "price=x",
    "status=no+such+value",
    "views=x",
    "contact=x",
    "homepage=x",
    "published_at=x",
    "writer_id=x",
    "price_gte=x",
    "price_lt=x",
    "views_gte=x",
    "views_lt=x",
    "published_at_gte=x",
    "published_at_lt=x",
]


@pytest.fixture
def make_body(session: AsyncSession, admin: User) -> MakeBody:
    """Return a factory of request bodies."""
    return lambda: SLICE.body(session, admin.id)


@pytest.fixture
async def body(make_body: MakeBody) -> dict[str, Any]:
    """Return the request body of a new row."""
    return await make_body()


@pytest.fixture
def headers(admin: User, sign_in: SignIn) -> Headers:
    """Return the headers of an admin."""
    return sign_in(admin)


async def test_a_row_is_created_read_changed_and_deleted(
    client: AsyncClient, headers: Headers, body: dict[str, Any], make_body: MakeBody
) -> None:
    created = await client.post(PATH, json=body, headers=headers)
    assert created.status_code == 201
    row = created.json()
    assert {name: row[name] for name in body} == body
    one = f"{PATH}/{row['id']}"

    found = await client.get(one, headers=headers)
    assert (found.json(), found.headers["ETag"]) == (row, created.headers["ETag"])
    listed = await client.get(PATH, headers=headers)
    assert (listed.json()["items"], listed.json()["total"]) == ([row], 1)

    change = {SLICE.field: (await make_body())[SLICE.field]}
    changed = await client.patch(one, json=change, headers=headers)
    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in body} == body | change

    deleted = await client.delete(one, headers=headers)
    assert deleted.json()["success"]
    assert (await client.get(one, headers=headers)).status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_change_with_a_stale_etag_is_refused(
    client: AsyncClient,
    headers: Headers,
    body: dict[str, Any],
    make_body: MakeBody,
    method: str,
) -> None:
    created = await client.post(PATH, json=body, headers=headers)
    one = f"{PATH}/{created.json()['id']}"
    change = {SLICE.field: (await make_body())[SLICE.field]}
    seen = await client.patch(one, json=change, headers=headers)
    options: Any = {"json": change} if method == "PATCH" else {}
    for tag, status in ((created, 412), (seen, 200)):
        headers["If-Match"] = tag.headers["ETag"]
        response = await client.request(method, one, headers=headers, **options)
        assert response.status_code == status


async def test_a_repeated_post_is_replayed(
    client: AsyncClient, headers: Headers, body: dict[str, Any]
) -> None:
    headers["Idempotency-Key"] = "f47ac10b-58cc"
    first = await client.post(PATH, json=body, headers=headers)
    again = await client.post(PATH, json=body, headers=headers)
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("role", [None, *Role])
async def test_access_depends_on_the_role(
    client: AsyncClient,
    database: DatabaseManager,
    session: AsyncSession,
    make_user: MakeUser,
    sign_in: SignIn,
    role: Role | None,
) -> None:
    caller = await store(database, make_user(role=role or Role.USER))
    headers = {} if role is None else sign_in(caller)
    body = await SLICE.body(session, caller.id)
    may_write, may_read = role == Role.ADMIN, True
    refusal = 401 if role is None else 403
    created = await client.post(PATH, json=body, headers=headers)
    assert created.status_code == (201 if may_write else refusal)
    nothing = f"{PATH}/{uuid4()}"
    for method in ("PATCH", "DELETE"):
        response = await client.request(method, nothing, headers=headers, json={})
        assert response.status_code == (404 if may_write else refusal)
    listed, found = [
        await client.get(path, headers=headers) for path in (PATH, nothing)
    ]
    assert listed.status_code == (200 if may_read else refusal)
    assert found.status_code == (404 if may_read else refusal)


async def test_an_invalid_value_names_its_field(
    client: AsyncClient, headers: Headers, body: dict[str, Any]
) -> None:
    created = await client.post(PATH, json=body, headers=headers)
    one = f"{PATH}/{created.json()['id']}"
    for field, value in WRONG:
        wrong = {field: value}
        for response in (
            await client.post(PATH, json=body | wrong, headers=headers),
            await client.patch(one, json=wrong, headers=headers),
        ):
            assert response.status_code == 422, wrong
            assert response.json()["errors"][0]["field"].startswith(f"body.{field}")


async def test_an_omitted_field_gets_its_default(
    client: AsyncClient, headers: Headers, body: dict[str, Any]
) -> None:
    for name in ["status", "views"]:
        del body[name]
    created = await client.post(PATH, json=body, headers=headers)
    one = f"{PATH}/{created.json()['id']}"
    assert (await client.get(one, headers=headers)).json() == created.json()


@pytest.mark.parametrize("field", ["writer_id"])
async def test_an_unknown_reference_names_its_field(
    client: AsyncClient, headers: Headers, body: dict[str, Any], field: str
) -> None:
    nothing = body | {field: str(uuid4())}
    response = await client.post(PATH, json=nothing, headers=headers)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == f"body.{field}"


async def test_a_range_finds_a_created_row(
    client: AsyncClient, headers: Headers, body: dict[str, Any]
) -> None:
    row = (await client.post(PATH, json=body, headers=headers)).json()
    for field in ["price", "views", "published_at"]:
        for end, found in (("gte", [row]), ("lt", [])):
            query = {f"{field}_{end}": row[field]}
            listed = await client.get(PATH, params=query, headers=headers)
            assert listed.json()["items"] == found, query


async def test_an_invalid_query_parameter_is_named(
    client: AsyncClient, headers: Headers
) -> None:
    for query in WRONG_QUERIES:
        response = await client.get(f"{PATH}?{query}", headers=headers)
        assert response.status_code == 422, query
        assert response.json()["errors"][0]["field"] == f"query.{query.split('=')[0]}"


async def test_cursors_return_every_row_once(
    client: AsyncClient, headers: Headers, make_body: MakeBody
) -> None:
    created = [
        (await client.post(PATH, json=await make_body(), headers=headers)).json()
        for _ in range(3)
    ]
    query: dict[str, Any] = {"limit": 2, "sort_order": "asc"}
    found = []
    while True:
        page = (await client.get(PATH, params=query, headers=headers)).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert sorted(item["id"] for item in found) == sorted(it["id"] for it in created)
