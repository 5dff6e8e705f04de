"""Pages of lists, at a cost that does not grow with the table.

- All rows, by number: scan the index of the sort column, and count up to TOTAL_CAP.
- After a position: scan the index from there, without a count.
- Filtered: find up to TOTAL_CAP rows and sort them; if there are more, scan the index.
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

# A generic plan ignores the values: a search would be a hundred times slower.
PLAN_FOR_VALUES = text("SET LOCAL plan_cache_mode = force_custom_plan")


async def find_page[Model: BaseModel](
    session: AsyncSession,
    model: type[Model],
    filters: Sequence[ColumnElement[bool]],
    request: PageRequest,
) -> Page[Model]:
    """Return a page of the undeleted rows that match the filters.

    Ties are ordered by id, so that pages neither miss nor repeat rows.
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
    """Return a page of all rows, and their count up to TOTAL_CAP + 1."""
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
    """Build the statement once per order: building takes as long as running it."""
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
    """Return the count of matching rows up to TOTAL_CAP + 1, and the ids of the page.

    The ids are valid if the count is at most TOTAL_CAP. The CTE makes PostgreSQL find
    the rows first and sort them then: it might scan the whole index of the sort column
    for a few rows at its end.
    """
    column = getattr(model, request.sort_by)
    found = select(model.id, column).where(*where).limit(TOTAL_CAP + 1).cte()
    count = select(func.count()).select_from(found).scalar_subquery()
    # Aliased to the model: a query's column collection has a method `items`.
    rows = aliased(model, found)
    these = _take(select(rows.id), rows, request).subquery()
    async with transaction_within(session):
        await session.execute(PLAN_FOR_VALUES)
        row = (await session.execute(select(count, func.array_agg(these.c.id)))).one()
    return row[0], row[1] or []


def _order(source: Any, request: PageRequest) -> list[ColumnElement[Any]]:
    """Return the sort columns; ties are ordered by id."""
    row = (getattr(source, request.sort_by), source.id)
    return [c.desc() if request.descending else c.asc() for c in row]


def _take[Row](
    statement: Select[Row], source: Any, request: PageRequest
) -> Select[Row]:
    """Sort, and skip to the page; one extra row shows whether another page follows.

    The row comparison uses the index on (column, id).
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
    """Build the page; only a numbered page has a count."""
    last = rows[request.limit - 1] if len(rows) > request.limit else None
    end = Position(str(getattr(last, request.sort_by)), last.id) if last else None
    items, limit = rows[: request.limit], request.limit
    if request.after is not None:
        return Page(items, limit, end=end)
    capped = count > TOTAL_CAP
    return Page(items, limit, request.page, min(count, TOTAL_CAP), capped, end)
