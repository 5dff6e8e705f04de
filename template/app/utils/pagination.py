"""Pages of a list."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """One page of a list that has `total` items in all; pages count from 1."""

    items: Sequence[Item]
    total: int
    page: int
    limit: int

    @property
    def total_pages(self) -> int:
        """How many pages there are: none, where there are no items."""
        return -(-self.total // self.limit)


def offset(page: int, limit: int) -> int:
    """Count the items before a page."""
    return (page - 1) * limit


def escape_like(text: str) -> str:
    """Make `%` and `_` mean themselves in a LIKE pattern with escape `\\`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
