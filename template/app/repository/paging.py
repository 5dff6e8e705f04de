"""How one page of a list is asked for, at a cost that does not grow with the table."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.db.sessions import transaction_within
from app.domain.models.base import BaseModel
from app.utils.pagination import TOTAL_CAP, Page, PageRequest, Position, offset

# A plan that is to fit any value fits few: a search would be a hundred times slower.
PLAN_FOR_VALUES = text("SET LOCAL plan_cache_mode = force_custom_plan")


async def numbered_page[Model: BaseModel](
    session: AsyncSession, model: type[Model], part: PageRequest
) -> tuple[Sequence[Model], int]:
    """Get a page of all rows, and their count, one more than TOTAL_CAP at most."""
    statement, count = _numbered_page(model, part.sort_by, part.descending)
    place = {"limit": part.limit + 1, "offset": offset(part.page, part.limit)}
    rows = (await session.execute(statement, place)).all()
    if not rows:
        return [], 0 if part.page == 1 else await session.scalar(select(count)) or 0
    return [row for row, _ in rows], rows[0][1]


@cache
def _numbered_page(
    model: type[Any], sort_by: str, descending: bool
) -> tuple[Select[Any], ScalarSelect[int]]:
    """Build the statement once for each order: that takes as long as to run it."""
    alive = model.deleted_at.is_(None)
    some = select(literal(1)).select_from(model).where(alive).limit(TOTAL_CAP + 1)
    count = select(func.count()).select_from(some.subquery()).scalar_subquery()
    page = select(model, count).where(alive).limit(bindparam("limit", type_=Integer))
    part = PageRequest(sort_by, descending)
    page = page.order_by(*order(model, part)).offset(bindparam("offset", type_=Integer))
    return page, count


async def find_up_to_cap(
    session: AsyncSession,
    model: type[BaseModel],
    where: Sequence[ColumnElement[bool]],
    part: PageRequest,
) -> tuple[int, Sequence[UUID]]:
    """Count the rows that filters find, one more than TOTAL_CAP at most.

    If there are no more, the ids are those of the part that is asked for. Rows are
    found once, and sorted then: left to choose, PostgreSQL may walk through all of
    them in their order, to find the few at its end.
    """
    column = getattr(model, part.sort_by)
    found = select(model.id, column).where(*where).limit(TOTAL_CAP + 1).cte()
    count = select(func.count()).select_from(found).scalar_subquery()
    # By the names of the model: among the columns of a query `items` is a method.
    rows = aliased(model, found)
    these = take(select(rows.id), rows, part).subquery()
    async with transaction_within(session):
        await session.execute(PLAN_FOR_VALUES)
        row = (await session.execute(select(count, func.array_agg(these.c.id)))).one()
    return row[0], row[1] or []


def order(source: Any, part: PageRequest) -> list[ColumnElement[Any]]:
    """Say how rows are sorted: equal ones by id."""
    row = (getattr(source, part.sort_by), source.id)
    return [c.desc() if part.descending else c.asc() for c in row]


def take[Row](statement: Select[Row], source: Any, part: PageRequest) -> Select[Row]:
    """Sort, and leave out what comes before; one row more tells whether there is more.

    Rows are compared as a whole, which an index on (column, id) answers at once.
    """
    statement = statement.order_by(*order(source, part)).limit(part.limit + 1)
    if part.after is None:
        return statement.offset(offset(part.page, part.limit))
    column = getattr(source, part.sort_by)
    value = TypeAdapter(column.type.python_type).validate_python(part.after.value)
    place = tuple_(literal(value, column.type), literal(part.after.id, Uuid()))
    row = tuple_(column, source.id)
    return statement.where(row < place if part.descending else row > place)


def cut[Model: BaseModel](
    rows: Sequence[Model], part: PageRequest, count: int
) -> Page[Model]:
    """Make the page; one that has a number was counted."""
    last = rows[part.limit - 1] if len(rows) > part.limit else None
    end = Position(str(getattr(last, part.sort_by)), last.id) if last else None
    items, limit = rows[: part.limit], part.limit
    if part.after is not None:
        return Page(items, limit, end=end)
    capped = count > TOTAL_CAP
    return Page(items, limit, part.page, min(count, TOTAL_CAP), capped, end)
