"""Rules of articles."""

from typing import Any
from uuid import uuid4

import pytest

from app.core.config import Settings
from app.core.exceptions import (
    ConflictException,
    InvalidInputException,
    NotFoundException,
    PreconditionFailedException,
)
from app.domain.schemas.article import ArticleCreate, ArticleListParams, ArticleUpdate
from app.kit.signer import Signer
from app.service.article_service import ArticleService
from app.service.cursor_service import CursorService
from tests.fakes.article_repository import FakeArticleRepository
from tests.slices.article import article_values

KNOWN = uuid4()


@pytest.fixture
def store() -> FakeArticleRepository:
    store = FakeArticleRepository()
    store.known.add(KNOWN)
    return store


@pytest.fixture
def service(store: FakeArticleRepository, settings: Settings) -> ArticleService:
    return ArticleService(store, CursorService(Signer(settings, "cursor")))


def new(**others: Any) -> ArticleCreate:
    """Return a request for a new row; a test passes the values that matter to it."""
    references = dict.fromkeys(["writer_id"], KNOWN)
    return ArticleCreate(**article_values() | references | others)


def change(**values: Any) -> ArticleUpdate:
    """Return a request for a change, of one field by default."""
    return ArticleUpdate(**values or new().model_dump(include={"title"}))


async def test_a_new_row_is_stored(
    service: ArticleService, store: FakeArticleRepository
) -> None:
    data = new()
    row = await service.create_article(data)
    assert await store.get_by_id(row.id) is row
    for field, value in data:
        assert getattr(row, field) == value


@pytest.mark.parametrize("field", ["slug"])
async def test_a_taken_value_is_a_conflict(service: ArticleService, field: str) -> None:
    taken = new()
    await service.create_article(taken)
    with pytest.raises(ConflictException):
        await service.create_article(new(**taken.model_dump(include={field})))


async def test_only_the_given_fields_change(service: ArticleService) -> None:
    data = new()
    row = await service.create_article(data)
    given = change()
    await service.update_article(row.id, given)
    for field, value in {
        **data.model_dump(),
        **given.model_dump(exclude_unset=True),
    }.items():
        assert getattr(row, field) == value


async def test_an_empty_change_changes_nothing(service: ArticleService) -> None:
    row = await service.create_article(new())
    before = row.version
    await service.update_article(row.id, ArticleUpdate())
    assert row.version == before


async def test_a_change_with_a_stale_etag_is_refused(service: ArticleService) -> None:
    row = await service.create_article(new())
    for attempt in (
        service.update_article(row.id, change(), if_match={"another"}),
        service.delete_article(row.id, if_match={"another"}),
    ):
        with pytest.raises(PreconditionFailedException):
            await attempt


async def test_a_cursor_continues_after_the_first_page(service: ArticleService) -> None:
    created = [await service.create_article(new()) for _ in range(3)]
    first = await service.list_articles(ArticleListParams(limit=2))
    assert (first.total, first.total_pages) == (3, 2)
    rest = ArticleListParams(limit=2, cursor=first.next_cursor)
    second = await service.list_articles(rest)
    assert second.next_cursor is None
    found = [row.id for row in (*first.items, *second.items)]
    assert sorted(found) == sorted(row.id for row in created)


async def test_an_unknown_or_deleted_row_is_not_found(service: ArticleService) -> None:
    row = await service.create_article(new())
    await service.delete_article(row.id)
    for id in (uuid4(), row.id):
        for attempt in (
            service.get_article(id),
            service.update_article(id, change()),
            service.update_article(id, ArticleUpdate()),
            service.delete_article(id),
        ):
            with pytest.raises(NotFoundException, match=str(id)):
                await attempt


@pytest.mark.parametrize("field", ["writer_id"])
async def test_an_unknown_reference_is_refused(
    service: ArticleService, field: str
) -> None:
    row = await service.create_article(new(**{field: KNOWN}))
    for attempt in (
        service.create_article(new(**{field: uuid4()})),
        service.update_article(row.id, change(**{field: uuid4()})),
    ):
        with pytest.raises(InvalidInputException) as refused:
            await attempt
        assert refused.value.field == f"body.{field}"
