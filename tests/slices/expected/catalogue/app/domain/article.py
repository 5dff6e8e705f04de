"""Enums of articles."""

from enum import StrEnum


class ArticleStatus(StrEnum):
    """The values of status."""

    DRAFT = "draft"
    PUBLISHED = "published"
