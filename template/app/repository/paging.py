"""One page of a list, at a cost that does not grow with the table.

- All rows, by number: follow the index of the order, and count beside that.
- After a position: follow the index from there on, and count nothing.
- Filtered: find up to TOTAL_CAP rows, and sort them; of more, follow the index.
"""

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


async def find_page[Model: BaseModel](
    session: AsyncSession,
    model: type[Model],
    filters: Sequence[ColumnElement[bool]],
    request: PageRequest,
) -> Page[Model]:
    """Return a page of the rows that are not deleted and that the filters let through.

    Equal ones are ordered by id, so that no page misses or repeats a row.
    """
    where = (model.deleted_at.is_(None), *filters)
    if not filters and request.after is None:
        rows, count = await _numbered(session, model, request)
        return _cut(rows, request, count)
    statement, count = _take(select(model).where(*where), model, request), 0
    if filters:
        count, ids = await _find_up_to_cap(session, model, where, request)
        if count <= TOTAL_CAP:
            these = select(model).where(model.id.in_(ids))
            statement = these.order_by(*_order(model, request))
    return _cut((await session.scalars(statement)).all(), request, count)


async def _numbered[Model: BaseModel](
    session: AsyncSession, model: type[Model], request: PageRequest
) -> tuple[Sequence[Model], int]:
    """Get a page of all rows, and their count, one more than TOTAL_CAP at most."""
    statement, count = _numbered_page(model, request.sort_by, request.descending)
    place = {"limit": request.limit + 1, "offset": offset(request.page, request.limit)}
    rows = (await session.execute(statement, place)).all()
    if not rows:
        return [], 0 if request.page == 1 else await session.scalar(select(count)) or 0
    return [row for row, _ in rows], rows[0][1]


@cache
def _numbered_page(
    model: type[Any], sort_by: str, descending: bool
) -> tuple[Select[Any], ScalarSelect[int]]:
    """Build the statement once for each order: that takes as long as to run it."""
    alive = model.deleted_at.is_(None)
    some = select(literal(1)).select_from(model).where(alive).limit(TOTAL_CAP + 1)
    count = select(func.count()).select_from(some.subquery()).scalar_subquery()
    page = select(model, count).where(alive)
    page = page.order_by(*_order(model, PageRequest(sort_by, descending)))
    limit, start = (bindparam(name, type_=Integer) for name in ("limit", "offset"))
    return page.limit(limit).offset(start), count


async def _find_up_to_cap(
    session: AsyncSession,
    model: type[BaseModel],
    where: Sequence[ColumnElement[bool]],
    request: PageRequest,
) -> tuple[int, Sequence[UUID]]:
    """Count the rows that filters find, one more than TOTAL_CAP at most.

    If there are no more, the ids are those of the page that is asked for. Rows are
    found once, and sorted then: left to choose, PostgreSQL may walk through all of
    them in their order, to find the few at its end.
    """
    column = getattr(model, request.sort_by)
    found = select(model.id, column).where(*where).limit(TOTAL_CAP + 1).cte()
    count = select(func.count()).select_from(found).scalar_subquery()
    # By the names of the model: among the columns of a query `items` is a method.
    rows = aliased(model, found)
    these = _take(select(rows.id), rows, request).subquery()
    async with transaction_within(session):
        await session.execute(PLAN_FOR_VALUES)
        row = (await session.execute(select(count, func.array_agg(these.c.id)))).one()
    return row[0], row[1] or []


def _order(source: Any, request: PageRequest) -> list[ColumnElement[Any]]:
    """Say how rows are sorted: equal ones by id."""
    row = (getattr(source, request.sort_by), source.id)
    return [c.desc() if request.descending else c.asc() for c in row]


def _take[Row](
    statement: Select[Row], source: Any, request: PageRequest
) -> Select[Row]:
    """Sort, and leave out what comes before; one row more tells whether there is more.

    Rows are compared as a whole, which an index on (column, id) answers at once.
    """
    statement = statement.order_by(*_order(source, request)).limit(request.limit + 1)
    if request.after is None:
        return statement.offset(offset(request.page, request.limit))
    column = getattr(source, request.sort_by)
    value = TypeAdapter(column.type.python_type).validate_python(request.after.value)
    place = tuple_(literal(value, column.type), literal(request.after.id, Uuid()))
    row = tuple_(column, source.id)
    return statement.where(row < place if request.descending else row > place)


def _cut[Model: BaseModel](
    rows: Sequence[Model], request: PageRequest, count: int
) -> Page[Model]:
    """Make the page; one that has a number was counted."""
    last = rows[request.limit - 1] if len(rows) > request.limit else None
    end = Position(str(getattr(last, request.sort_by)), last.id) if last else None
    items, limit = rows[: request.limit], request.limit
    if request.after is not None:
        return Page(items, limit, end=end)
    capped = count > TOTAL_CAP
    return Page(items, limit, request.page, min(count, TOTAL_CAP), capped, end)
