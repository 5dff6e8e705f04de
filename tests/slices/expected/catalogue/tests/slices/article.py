"""Sample articles for tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.article import ArticleStatus
from app.domain.models.article import Article
from app.domain.schemas.article import ArticleCreate
from tests.slices import NUMBERS, Slice, add_user


def article_values() -> dict[str, Any]:
    """Return new values of a request, without those that must be stored before."""
    number = next(NUMBERS)
    return {
        "title": f"title {number}",
        "slug": f"slug {number}",
        "body": f"body {number}",
        "price": Decimal(number % 10**10).scaleb(-2),
        "status": ArticleStatus.DRAFT,
        "views": number,
        "contact": f"ada{number:06}@example.com",
        "homepage": f"https://example.com/{number:06}",
        "published_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number),
        "tags": [f"tags {number}"],
    }


async def new_article(session: AsyncSession) -> dict[str, Any]:
    """Return the values of a request; the rows that they refer to are stored."""
    values = article_values()
    values["writer_id"] = (await add_user(session)).id
    return values


async def add_article(session: AsyncSession, /, **values: Any) -> Article:
    """Store an article; tests pass the values they need."""
    row = Article(**await new_article(session) | values)
    session.add(row)
    await session.flush()
    return row


SLICE = Slice(
    path="/articles",
    item="/articles/{article_id}",
    table="articles",
    field="title",
    public=True,
    schema=ArticleCreate,
    new=lambda session, _: new_article(session),
    add=lambda session, owner: add_article(session),
)
