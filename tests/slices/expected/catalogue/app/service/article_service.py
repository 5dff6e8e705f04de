"""Use cases of articles."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from loguru import logger

from app.core.exceptions import InvalidInputException, NotFoundException
from app.domain.models.article import Article
from app.domain.schemas.article import ArticleCreate, ArticleListParams, ArticleUpdate
from app.service.cursor_service import CursorService
from app.service.precondition import IfMatch, check_if_match
from app.utils.pagination import Page, PageRequest


class ArticleStore(Protocol):
    """The storage of articles."""

    async def get_by_id(self, id: UUID) -> Article | None: ...
    async def get_for_update(self, id: UUID) -> Article | None: ...
    async def get_articles(
        self, page_request: PageRequest, filters: Mapping[str, Any], search: str | None
    ) -> Page[Article]: ...
    async def create(self, entity: Article) -> Article: ...
    async def update_by_id(
        self, id: UUID, values: Mapping[str, Any]
    ) -> Article | None: ...
    async def soft_delete(self, id: UUID) -> bool: ...
    async def missing_reference(self, values: Mapping[str, Any]) -> str | None: ...


class ArticleService:
    """The use cases of articles."""

    def __init__(self, repository: ArticleStore, cursors: CursorService) -> None:
        self._repo = repository
        self._cursors = cursors

    async def create_article(self, data: ArticleCreate) -> Article:
        """Create an article.

        Raises:
            ConflictException: a value is taken.
            InvalidInputException: a referenced row does not exist.
        """
        values = data.model_dump()
        await self._check_references(values)
        article = await self._repo.create(Article(**values))
        logger.info("Article created", article_id=str(article.id))
        return article

    async def get_article(self, article_id: UUID) -> Article:
        """Return an article.

        Raises:
            NotFoundException: the row does not exist.
        """
        article = await self._repo.get_by_id(article_id)
        if article is None:
            raise NotFoundException("Article", article_id)
        return article

    async def list_articles(self, params: ArticleListParams) -> Page[Article]:
        """Return a page of articles.

        Raises:
            InvalidInputException: the cursor is invalid for this list.
        """
        scope = f"articles {params.scope}"
        page_request = PageRequest(
            params.sort_by,
            params.sort_order == "desc",
            params.limit,
            params.page,
            self._cursors.read(params.cursor, scope),
        )
        page = await self._repo.get_articles(
            page_request, params.filters, params.search
        )
        return replace(page, next_cursor=self._cursors.write(page.end, scope))

    async def update_article(
        self, article_id: UUID, data: ArticleUpdate, if_match: IfMatch = None
    ) -> Article:
        """Change the given fields.

        Raises:
            NotFoundException: the row does not exist.
            ConflictException: a value is taken.
            PreconditionFailedException: the row changed since the caller read it.
            InvalidInputException: a referenced row does not exist.
        """
        values = data.model_dump(exclude_unset=True)
        await check_if_match(self._repo, article_id, if_match)
        if not values:
            return await self.get_article(article_id)
        await self._check_references(values)
        article = await self._repo.update_by_id(article_id, values)
        if article is None:
            raise NotFoundException("Article", article_id)
        logger.info(
            "Article updated", article_id=str(article_id), fields=sorted(values)
        )
        return article

    async def delete_article(self, article_id: UUID, if_match: IfMatch = None) -> None:
        """Soft-delete an article: the row stays.

        Raises:
            NotFoundException: the row does not exist.
            PreconditionFailedException: the row changed since the caller read it.
        """
        await check_if_match(self._repo, article_id, if_match)
        if not await self._repo.soft_delete(article_id):
            raise NotFoundException("Article", article_id)
        logger.info("Article deleted", article_id=str(article_id))

    async def _check_references(self, values: Mapping[str, Any]) -> None:
        name = await self._repo.missing_reference(values)
        if name is not None:
            raise InvalidInputException(
                f"body.{name}", "The referenced row does not exist"
            )
