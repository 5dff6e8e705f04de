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
        unique_together: the error message of fields that are unique together.
        unique_within: fields that unique values are scoped to, such as `owner_id`.
        no_overlap: fields with the same values, the start and the end of a range that
            does not overlap with those of others, and the error message. None as an
            end has no bound.
    """

    unique: ClassVar[Mapping[str, str]] = {}
    unique_together: ClassVar[Mapping[tuple[str, ...], str]] = {}
    unique_within: ClassVar[Sequence[str]] = ()
    no_overlap: ClassVar[Sequence[tuple[Sequence[str], str, str, str]]] = ()

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
        columns = inspect(type(entity)).columns.keys()
        self._check(entity, {name: getattr(entity, name) for name in columns})
        entity.created_at = entity.updated_at = datetime.now(UTC)
        self._rows[entity.id] = entity
        return entity

    async def update_by_id(self, id: UUID, values: Mapping[str, Any]) -> Model | None:
        row = await self.get_by_id(id)
        if row is not None:
            self._check(row, values)
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

    def _check(self, row: Model, values: Mapping[str, Any]) -> None:
        """Refuse new values that the constraints of the table refuse."""
        others = [other for other in self._alive() if other.id != row.id]
        for same, start, end, message in self.no_overlap:
            new = _New(row, values)
            if values.keys() & {*same, start, end} and any(
                _is_same(new, other, same) and _overlap(new, other, start, end)
                for other in others
            ):
                raise ConflictException(message)
        rivals = [it for it in others if _is_same(row, it, self.unique_within)]
        unique: dict[tuple[str, ...], str] = {**self.unique_together}
        unique |= {(name,): message for name, message in self.unique.items()}
        for names, message in unique.items():
            new = _New(row, values)
            if values.keys() & {*names} and any(
                _is_same(new, other, names) for other in rivals
            ):
                raise ConflictException(message)


class _New:
    """A row with new values."""

    def __init__(self, row: BaseModel, values: Mapping[str, Any]) -> None:
        self._row, self._values = row, values

    def __getattr__(self, name: str) -> Any:
        known = name in self._values
        return self._values[name] if known else getattr(self._row, name)


def _is_same(row: object, other: object, names: Sequence[str]) -> bool:
    """Return whether all values are equal; None equals nothing."""
    pairs = [(getattr(row, name), getattr(other, name)) for name in names]
    return all(one is not None and one == two for one, two in pairs)


def _overlap(row: object, other: object, start: str, end: str) -> bool:
    return _ends_after(row, end, other, start) and _ends_after(other, end, row, start)


def _ends_after(row: object, end: str, other: object, start: str) -> bool:
    last, first = getattr(row, end), getattr(other, start)
    return last is None or first is None or bool(last > first)


def _fits(row: BaseModel, name: str, value: Any) -> bool:
    field, compare = read_filter(name, inspect(type(row)).columns.keys())
    held = getattr(row, field)
    return held is value if held is None or value is None else compare(held, value)


def _contains(row: BaseModel, search: str, texts: Sequence[str]) -> bool:
    return any(search in (getattr(row, name) or "").lower() for name in texts)
