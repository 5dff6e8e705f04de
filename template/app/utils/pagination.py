"""Pages of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

# So far a list is counted, and its pages go by number; beyond, a cursor leads on.
TOTAL_CAP = 10_000
# In fewer characters there is nothing that an index of three could find.
SHORTEST_SEARCH = 3


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a sorted list: after the row with this value (as text) and id."""

    value: str
    id: UUID


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is asked for: a page, or what comes after a position."""

    sort_by: str = "created_at"
    descending: bool = True
    limit: int = 20
    page: int = 1
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """A part of a list, by its number (from 1) or after a position.

    Attributes:
        total: how many items the list has, TOTAL_CAP at most; None after a position.
        total_capped: whether there are more than `total`.
        end: where the list goes on; None where it ends.
        next_cursor: `end`, as callers get to see it.
    """

    items: Sequence[Item]
    limit: int
    page: int | None = None
    total: int | None = None
    total_capped: bool = False
    end: Position | None = None
    next_cursor: str | None = None

    @property
    def total_pages(self) -> int | None:
        """How many pages can be asked for by number: none, where there are no items."""
        return None if self.total is None else -(-self.total // self.limit)


def offset(page: int, limit: int) -> int:
    """Count the items before a page."""
    return (page - 1) * limit


def escape_like(text: str) -> str:
    """Make `%` and `_` mean themselves in a LIKE pattern with escape `\\`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
