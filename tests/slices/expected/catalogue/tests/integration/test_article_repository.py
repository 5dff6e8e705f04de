"""Repositories of articles, real and fake."""

from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.exceptions import ConflictException
from app.domain.models.article import Article
from app.domain.schemas.article import ArticleListParams
from app.repository.article_repository import ArticleRepository
from app.utils.pagination import PageRequest
from tests.fakes.article_repository import FakeArticleRepository
from tests.slices import add_user
from tests.slices.article import new_article

pytestmark = pytest.mark.integration
Stores = ArticleRepository | FakeArticleRepository
NEWEST = PageRequest()
TABLE = Article.__tablename__
ORDERS = get_args(ArticleListParams.model_fields["sort_by"].annotation)


@pytest.fixture(params=["real", "fake"])
def store(request: pytest.FixtureRequest, session: AsyncSession) -> Stores:
    real = request.param == "real"
    return ArticleRepository(session) if real else FakeArticleRepository()


@pytest.fixture
async def values(session: AsyncSession) -> dict[str, Any]:
    """Return the values of a row; the rows that it refers to are stored."""
    return await another(session)


async def another(session: AsyncSession) -> dict[str, Any]:
    """Return the values of another row."""
    return await new_article(session)


async def test_a_created_row_is_found(store: Stores, values: dict[str, Any]) -> None:
    row = await store.create(Article(**values))
    assert await store.get_by_id(row.id) is row
    assert (await store.get_articles(NEWEST, {})).items == [row]


async def test_stored_values_are_read_back_unchanged(
    session: AsyncSession, values: dict[str, Any]
) -> None:
    row = await ArticleRepository(session).create(Article(**values))
    await session.refresh(row)
    assert {name: getattr(row, name) for name in values} == values


async def test_an_unknown_row_is_not_found(store: Stores) -> None:
    assert await store.get_by_id(uuid4()) is None
    assert await store.update_by_id(uuid4(), {}) is None
    assert not await store.soft_delete(uuid4())


async def test_a_deleted_row_is_hidden(store: Stores, values: dict[str, Any]) -> None:
    row = await store.create(Article(**values))
    assert await store.soft_delete(row.id)
    assert not await store.soft_delete(row.id)
    assert await store.get_by_id(row.id) is None
    assert (await store.get_articles(NEWEST, {})).total == 0
    # Its unique values can be reused.
    assert (await store.create(Article(**values))).id != row.id


@pytest.mark.parametrize("field", ["slug"])
async def test_a_taken_value_is_a_conflict(
    store: Stores, session: AsyncSession, values: dict[str, Any], field: str
) -> None:
    await store.create(Article(**values))
    second = await another(session) | {field: values[field]}
    with pytest.raises(ConflictException, match="taken"):
        await store.create(Article(**second))


@pytest.mark.parametrize(
    "field",
    [
        "title",
        "slug",
        "price",
        "status",
        "views",
        "contact",
        "homepage",
        "published_at",
        "writer_id",
    ],
)
async def test_a_filter_finds_rows_with_the_value(
    store: Stores, session: AsyncSession, values: dict[str, Any], field: str
) -> None:
    row = await store.create(Article(**values))
    second = await store.create(Article(**await another(session)))
    found = await store.get_articles(NEWEST, {field: values[field]})
    assert row in found.items
    same = getattr(second, field) == values[field]
    assert (second in found.items) is same


@pytest.mark.parametrize("field", ["price", "views", "published_at"])
async def test_a_range_includes_its_start_and_excludes_its_end(
    store: Stores, session: AsyncSession, values: dict[str, Any], field: str
) -> None:
    rows = [Article(**values), Article(**await another(session))]
    for row in rows:
        await store.create(row)
    for end in (getattr(row, field) for row in rows):
        later = (await store.get_articles(NEWEST, {f"{field}_gte": end})).items
        assert {row.id for row in later} == {
            row.id for row in rows if getattr(row, field) >= end
        }
        earlier = (await store.get_articles(NEWEST, {f"{field}_lt": end})).items
        assert {row.id for row in earlier} == {
            row.id for row in rows if getattr(row, field) < end
        }


@pytest.mark.parametrize("search", ["NEEDLE", "%", "_"])
async def test_a_search_finds_substrings_and_has_no_wildcards(
    store: Stores, session: AsyncSession, values: dict[str, Any], search: str
) -> None:
    found = Article(**values | {"body": "a needle%_"})
    await store.create(found)
    await store.create(Article(**await another(session)))
    assert (await store.get_articles(NEWEST, {}, search)).items == [found]


@pytest.fixture
async def references(session: AsyncSession) -> dict[str, UUID]:
    """Return a stored id for each reference."""
    return {
        "writer_id": (await add_user(session)).id,
    }


@pytest.mark.parametrize("field", ["writer_id"])
async def test_a_reference_to_an_unknown_or_deleted_row_is_reported(
    session: AsyncSession, references: dict[str, UUID], field: str
) -> None:
    store = ArticleRepository(session)
    assert await store.missing_reference(references) is None
    assert await store.missing_reference({field: None}) is None
    assert await store.missing_reference(references | {field: uuid4()}) == field
    column = inspect(Article).columns[field]
    [key] = column.foreign_keys
    hide = key.column.table.update().where(key.column == references[field])
    await session.execute(hide.values(deleted_at=text("now()")))
    assert await store.missing_reference({field: references[field]}) == field


@pytest.mark.parametrize("field", ["writer_id"])
async def test_a_violated_foreign_key_is_a_conflict(
    session: AsyncSession, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ConflictException, match=r"no longer exists|Not found"):
        await ArticleRepository(session).create(Article(**values | {field: uuid4()}))


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("field", ORDERS)
async def test_pages_are_ordered_and_complete(
    store: Stores, session: AsyncSession, field: str, descending: bool
) -> None:
    created = [await store.create(Article(**await another(session))) for _ in range(5)]
    # Filtered rows are sorted by another query than all rows.
    for filters in ({}, {"deleted_at": None}):
        found: list[Article] = []
        for page in (1, 2, 3):
            page_request = PageRequest(field, descending, limit=2, page=page)
            found += (await store.get_articles(page_request, filters)).items
        assert {row.id for row in found} == {row.id for row in created}
        values = [getattr(row, field) for row in found]
        assert values == sorted(values, reverse=descending)


@pytest.mark.parametrize("field", ORDERS)
async def test_every_order_uses_an_index(session: AsyncSession, field: str) -> None:
    for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
        await session.execute(text(f"SET LOCAL enable_{way} = off"))
    plan = await session.scalars(
        text(
            f"EXPLAIN SELECT * FROM {TABLE} WHERE deleted_at IS NULL "  # noqa: S608 - constants
            f"AND ({field}, id) < (SELECT {field}, id FROM {TABLE} LIMIT 1) "
            f"ORDER BY {field} DESC, id DESC LIMIT 21"
        )
    )
    assert f"Index Scan Backward using ix_{TABLE}_{field}_id" in "\n".join(plan)
