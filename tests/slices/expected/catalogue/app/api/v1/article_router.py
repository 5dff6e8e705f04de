"""Article routes: public reads, admins write."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status

from app.api.conditions import ETAG, IfMatchDep, with_etag
from app.api.deps import AdminUser
from app.api.slice_router import SliceRouter
from app.api.v1.article_deps import ArticleServiceDep
from app.domain.models.article import Article
from app.domain.schemas.article import (
    ArticleCreate,
    ArticleListParams,
    ArticleListResponse,
    ArticleResponse,
    ArticleUpdate,
)
from app.domain.schemas.common import MessageResponse
from app.utils.pagination import Page

router = SliceRouter(prefix="/articles", tags=["Articles"])


@router.post(
    "",
    response_model=ArticleResponse,
    status_code=status.HTTP_201_CREATED,
    responses={201: ETAG},
)
async def create_article(
    data: ArticleCreate, _: AdminUser, service: ArticleServiceDep, response: Response
) -> Article:
    """Create an article."""
    return with_etag(response, await service.create_article(data))


@router.get("", response_model=ArticleListResponse)
async def list_articles(
    params: Annotated[ArticleListParams, Query()], service: ArticleServiceDep
) -> Page[Article]:
    """List articles, by page number or by cursor."""
    return await service.list_articles(params)


@router.get("/{article_id}", response_model=ArticleResponse, responses={200: ETAG})
async def get_article(
    article_id: UUID, service: ArticleServiceDep, response: Response
) -> Article:
    """Get an article."""
    return with_etag(response, await service.get_article(article_id))


@router.patch("/{article_id}", response_model=ArticleResponse, responses={200: ETAG})
async def update_article(
    article_id: UUID,
    data: ArticleUpdate,
    _: AdminUser,
    service: ArticleServiceDep,
    if_match: IfMatchDep,
    response: Response,
) -> Article:
    """Update an article. Omitted fields stay unchanged."""
    return with_etag(response, await service.update_article(article_id, data, if_match))


@router.delete("/{article_id}")
async def delete_article(
    article_id: UUID, _: AdminUser, service: ArticleServiceDep, if_match: IfMatchDep
) -> MessageResponse:
    """Soft-delete an article."""
    await service.delete_article(article_id, if_match)
    return MessageResponse(message="Article deleted successfully")
