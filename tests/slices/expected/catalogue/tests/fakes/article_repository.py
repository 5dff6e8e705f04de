"""Articles in memory, with the constraints of the table."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from app.domain.models.article import Article
from app.utils.pagination import Page, PageRequest
from tests.fakes.base import FakeRepository


class FakeArticleRepository(FakeRepository[Article]):
    """In-memory `ArticleRepository`; its tests run on both.

    Attributes:
        known: the ids of rows that can be referenced.
    """

    unique: ClassVar = {
        "slug": "This slug is taken",
    }

    def __init__(self) -> None:
        super().__init__()
        self.known: set[UUID] = set()

    async def get_articles(
        self,
        page_request: PageRequest,
        filters: Mapping[str, Any],
        search: str | None = None,
    ) -> Page[Article]:
        found = self._matching(filters, search, ["title", "slug", "body"])
        return self._page(found, page_request)

    async def missing_reference(self, values: Mapping[str, Any]) -> str | None:
        names = ["writer_id"]
        ids = {name: id for name in names if (id := values.get(name)) is not None}
        return next((name for name in ids if ids[name] not in self.known), None)
