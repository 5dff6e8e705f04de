"""Pages of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

# Lists are counted, and paged by number, up to here; beyond, by cursor only.
TOTAL_CAP = 10_000
# A trigram index cannot find fewer characters.
SHORTEST_SEARCH = 3


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a sorted list: after the row with this value (as text) and id."""

    value: str
    id: UUID


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Request for one page of a list: by number, or after a position."""

    sort_by: str = "created_at"
    descending: bool = True
    limit: int = 20
    page: int = 1
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """One page of a list, by number (from 1) or after a position.

    Attributes:
        total: number of items, TOTAL_CAP at most; None after a position.
        total_capped: whether there are more items than `total`.
        end: position of the last item; None on the last page.
        next_cursor: `end`, encoded for callers.
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
        """Number of pages; 0 without items, None after a position."""
        return None if self.total is None else -(-self.total // self.limit)


def offset(page: int, limit: int) -> int:
    """Return the number of items before a page."""
    return (page - 1) * limit


def escape_like(text: str) -> str:
    """Escape `%` and `_` for a LIKE pattern with escape `\\`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
