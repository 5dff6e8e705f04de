"""Queries over articles."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.article import Article
from app.domain.models.base import BaseModel
from app.domain.models.user import User
from app.domain.schemas.article import ArticleListParams
from app.repository.base import BaseRepository
from app.repository.filters import filters_of
from app.utils.pagination import Page, PageRequest, escape_like

FILTERS = filters_of(Article, ArticleListParams)
# The target of each reference.
REFERENCES: Mapping[str, type[BaseModel]] = {
    "writer_id": User,
}


class ArticleRepository(BaseRepository[Article]):
    """The articles that are not deleted."""

    conflicts: ClassVar = {
        "uq_articles_slug": "This slug is taken",
        "fk_articles_writer_id_users": "The writer no longer exists",
    }

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Article, session)

    async def get_articles(
        self,
        page_request: PageRequest,
        filters: Mapping[str, Any],
        search: str | None = None,
    ) -> Page[Article]:
        """Return a page of articles that match the filters."""
        where = [FILTERS[name](value) for name, value in filters.items()]
        if search:
            where.append(_contains(search))
        return await self.get_all(page_request, where)

    async def missing_reference(self, values: Mapping[str, Any]) -> str | None:
        """Return the first reference to a missing or deleted row."""
        for name, model in REFERENCES.items():
            if (id := values.get(name)) is not None:
                where = [model.id == id, model.deleted_at.is_(None)]
                if await self._session.scalar(select(model.id).where(*where)) is None:
                    return name
        return None


def _contains(search: str) -> ColumnElement[bool]:
    """Search text with the trigram index."""
    pattern = f"%{escape_like(search)}%"
    columns = (
        Article.title,
        Article.slug,
        Article.body,
    )
    return or_(*(column.ilike(pattern, escape="\\") for column in columns))
