"""The base of in-memory repositories."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import inspect
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app.core.exceptions import ConflictException
from app.domain.models.base import BaseModel
from app.utils.filters import read_filter
from app.utils.pagination import Page, PageRequest, Position, offset

MICROSECOND = timedelta(microseconds=1)


class FakeRepository[Model: BaseModel]:
    """An in-memory `BaseRepository`.

    Attributes:
        unique: the error message of each unique field.
        unique_within: fields that unique values are scoped to, such as `owner_id`.
    """

    unique: ClassVar[Mapping[str, str]] = {}
    unique_within: ClassVar[Sequence[str]] = ()

    def __init__(self) -> None:
        self._rows: dict[UUID, Model] = {}

    async def get_by_id(self, id: UUID) -> Model | None:
        row = self._rows.get(id)
        return row if row and not row.is_deleted else None

    async def get_for_update(self, id: UUID) -> Model | None:
        return await self.get_by_id(id)

    async def create(self, entity: Model) -> Model:
        """Add a row with the defaults of its columns."""
        entity.id = entity.id or uuid4()
        for column in inspect(type(entity)).columns:
            empty = getattr(entity, column.key) is None
            if empty and isinstance(column.default, ScalarElementColumnDefault):
                setattr(entity, column.key, column.default.arg)
        self._keep_unique(entity, {n: getattr(entity, n) for n in self.unique})
        entity.created_at = entity.updated_at = datetime.now(UTC)
        self._rows[entity.id] = entity
        return entity

    async def update_by_id(self, id: UUID, values: Mapping[str, Any]) -> Model | None:
        row = await self.get_by_id(id)
        if row is not None:
            self._keep_unique(row, values)
            for name, value in values.items():
                setattr(row, name, value)
            row.updated_at = max(datetime.now(UTC), row.updated_at + MICROSECOND)
        return row

    async def soft_delete(self, id: UUID) -> bool:
        hidden = await self.update_by_id(id, {"deleted_at": datetime.now(UTC)})
        return hidden is not None

    async def hard_delete(self, id: UUID) -> bool:
        return self._rows.pop(id, None) is not None

    def _alive(self) -> list[Model]:
        return [row for row in self._rows.values() if not row.is_deleted]

    def _matching(
        self,
        filters: Mapping[str, Any],
        search: str | None = None,
        texts: Sequence[str] = (),
    ) -> list[Model]:
        """Return the rows with these values; `search` is part of one of the texts."""
        found = self._alive()
        for name, value in filters.items():
            found = [row for row in found if _fits(row, name, value)]
        if search is None:
            return found
        return [row for row in found if _contains(row, search.lower(), texts)]

    def _page(self, found: Iterable[Model], request: PageRequest) -> Page[Model]:
        """Return one page of the rows found."""
        rows = sorted(
            found, key=attrgetter(request.sort_by, "id"), reverse=request.descending
        )
        start = offset(request.page, request.limit)
        if request.after is not None:
            start = 1 + next(i for i, r in enumerate(rows) if r.id == request.after.id)
        items, more = rows[start : start + request.limit], rows[start + request.limit :]
        last = items[-1] if more else None
        end = Position(str(getattr(last, request.sort_by)), last.id) if last else None
        if request.after is not None:
            return Page(items, request.limit, end=end)
        return Page(items, request.limit, request.page, len(rows), end=end)

    def _keep_unique(self, row: Model, values: Mapping[str, Any]) -> None:
        others = [
            other
            for other in self._alive()
            if other.id != row.id
            and all(getattr(other, n) == getattr(row, n) for n in self.unique_within)
        ]
        for name, message in self.unique.items():
            value = values.get(name)
            if value is not None and value in [getattr(it, name) for it in others]:
                raise ConflictException(message)


def _fits(row: BaseModel, name: str, value: Any) -> bool:
    field, compare = read_filter(name, inspect(type(row)).columns.keys())
    held = getattr(row, field)
    return held is value if held is None or value is None else compare(held, value)


def _contains(row: BaseModel, search: str, texts: Sequence[str]) -> bool:
    return any(search in (getattr(row, name) or "").lower() for name in texts)
