"""How one page of a list is asked for, at a cost that does not grow with the table."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, func, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.domain.models.base import BaseModel
from app.utils.pagination import TOTAL_CAP, Page, Position, offset

# A plan that is to fit any value fits few: a search would be a hundred times slower.
PLAN_FOR_VALUES = text("SET LOCAL plan_cache_mode = force_custom_plan")


async def count_up_to_cap(
    session: AsyncSession, model: type[BaseModel], where: Sequence[ColumnElement[bool]]
) -> int:
    """Count rows, one more than TOTAL_CAP at most."""
    some = select(literal(1)).select_from(model).where(*where).limit(TOTAL_CAP + 1)
    return await session.scalar(select(func.count()).select_from(some.subquery())) or 0


def only_these[Model: BaseModel](
    model: type[Model], where: Sequence[ColumnElement[bool]]
) -> type[Model]:
    """Stand for the few rows that filters find, TOTAL_CAP at most.

    They are found first and sorted then. Left to choose, PostgreSQL may walk through
    all rows in their order, to find the few at its end.
    """
    few = select(model).where(*where).limit(TOTAL_CAP).subquery()
    return aliased(model, few)


def go_on[Model: BaseModel](
    statement: Select[Model],
    column: InstrumentedAttribute[Any],
    id: InstrumentedAttribute[Any],
    *,
    descending: bool,
    page: int,
    limit: int,
    after: Position | None,
) -> Select[Model]:
    """Sort, and leave out what comes before; one row more tells whether there is more.

    Rows are compared as a whole, which an index on (column, id) answers at once.
    """
    order = [c.desc() if descending else c.asc() for c in (column, id)]
    statement = statement.order_by(*order).limit(limit + 1)
    if after is None:
        return statement.offset(offset(page, limit))
    value = TypeAdapter(column.type.python_type).validate_python(after.value)
    place = tuple_(literal(value, column.type), literal(after.id, id.type))
    row = tuple_(column, id)
    return statement.where(row < place if descending else row > place)


def cut[Model: BaseModel](
    rows: Sequence[Model], key: str, *, limit: int, page: int | None, count: int
) -> Page[Model]:
    """Make the page; it was counted if it has a number."""
    last = rows[limit - 1] if len(rows) > limit else None
    end = Position(str(getattr(last, key)), last.id) if last else None
    if page is None:
        return Page(rows[:limit], limit, end=end)
    total, capped = min(count, TOTAL_CAP), count > TOTAL_CAP
    return Page(rows[:limit], limit, page, total, capped, end)
