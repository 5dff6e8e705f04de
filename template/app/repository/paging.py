"""How one page of a list is asked for, at a cost that does not grow with the table."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, Uuid, func, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.domain.models.base import BaseModel
from app.utils.pagination import TOTAL_CAP, Page, Part, Position, offset

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


def take[Model: BaseModel](
    statement: Select[Model], source: type[Model], part: Part
) -> Select[Model]:
    """Sort, and leave out what comes before; one row more tells whether there is more.

    Rows are compared as a whole, which an index on (column, id) answers at once.
    """
    column = getattr(source, part.sort_by)
    row = (column, source.id)
    order = [c.desc() if part.descending else c.asc() for c in row]
    statement = statement.order_by(*order).limit(part.limit + 1)
    if part.after is None:
        return statement.offset(offset(part.page, part.limit))
    value = TypeAdapter(column.type.python_type).validate_python(part.after.value)
    place = tuple_(literal(value, column.type), literal(part.after.id, Uuid()))
    beyond = tuple_(*row) < place if part.descending else tuple_(*row) > place
    return statement.where(beyond)


def cut[Model: BaseModel](rows: Sequence[Model], part: Part, count: int) -> Page[Model]:
    """Make the page; one that has a number was counted."""
    last = rows[part.limit - 1] if len(rows) > part.limit else None
    end = Position(str(getattr(last, part.sort_by)), last.id) if last else None
    items, limit = rows[: part.limit], part.limit
    if part.after is not None:
        return Page(items, limit, end=end)
    capped = count > TOTAL_CAP
    return Page(items, limit, part.page, min(count, TOTAL_CAP), capped, end)
