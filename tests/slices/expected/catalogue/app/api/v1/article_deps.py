"""Dependencies of the article routes."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import ScopeDep
from app.repository.article_repository import ArticleRepository
from app.service.article_service import ArticleService


async def get_article_service(scope: ScopeDep) -> ArticleService:
    """Return the article service."""
    repository = ArticleRepository(scope.session)
    return ArticleService(repository, scope.container.cursors)


ArticleServiceDep = Annotated[ArticleService, Depends(get_article_service)]
