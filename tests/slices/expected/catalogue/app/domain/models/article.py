"""The table of articles."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.article import ArticleStatus
from app.domain.models.base import BaseModel, enum_column


class Article(BaseModel):
    """An article."""

    __tablename__ = "articles"

    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(80))
    body: Mapped[str | None] = mapped_column(Text())
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    status: Mapped[ArticleStatus] = enum_column(
        ArticleStatus,
        name="status",
        default=ArticleStatus.DRAFT,
        server_default="draft",
    )
    views: Mapped[int] = mapped_column(BigInteger(), default=0, server_default="0")
    contact: Mapped[str] = mapped_column(String(254))
    homepage: Mapped[str | None] = mapped_column(String(2083))
    published_at: Mapped[datetime | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    writer_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )


# Deleted rows free their values.
Index(
    "uq_articles_slug",
    Article.slug,
    unique=True,
    postgresql_where=Article.deleted_at.is_(None),
)
Index(
    "ix_articles_published_at",
    Article.published_at,
    postgresql_where=Article.deleted_at.is_(None),
)
# For searches: a trigram index finds parts of three characters or more.
Index(
    "ix_articles_search",
    Article.title,
    Article.slug,
    Article.body,
    postgresql_using="gin",
    postgresql_ops={
        "title": "gin_trgm_ops",
        "slug": "gin_trgm_ops",
        "body": "gin_trgm_ops",
    },
    postgresql_where=Article.deleted_at.is_(None),
)
# One per sort column: a page then costs the same, however many rows there are.
for _column in (
    Article.created_at,
    Article.updated_at,
    Article.title,
    Article.slug,
    Article.price,
    Article.views,
    Article.contact,
):
    Index(
        f"ix_articles_{_column.key}_id",
        _column,
        Article.id,
        postgresql_where=Article.deleted_at.is_(None),
    )
