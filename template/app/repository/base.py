"""The queries that all repositories share."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.core.exceptions import ConflictException
from app.domain.models.base import BaseModel
from app.utils.pagination import Page, offset


class BaseRepository[Model: BaseModel]:
    """Queries over one table. They see no deleted rows, flush, and never commit.

    Attributes:
        model: the table.
        sortable: the fields that a list may be sorted by.
        conflicts: constraint name to the message for whoever breaks it.
    """

    model: type[Model]
    sortable: ClassVar[Mapping[str, InstrumentedAttribute[Any]]] = {}
    conflicts: ClassVar[Mapping[str, str]] = {}

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get_by_id(self, id: UUID) -> Model | None:
        """Get a row by its id."""
        return await self._one_or_none(self.model.id == id)

    async def get_all(
        self,
        *,
        page: int = 1,
        limit: int = 20,
        filters: Sequence[ColumnElement[bool]] = (),
        sort_by: str = "created_at",
        sort_order: str = "desc",
    ) -> Page[Model]:
        """Get a page of rows. Equal values are ordered by id, so none is missed."""
        where = (self.model.deleted_at.is_(None), *filters)
        count = select(func.count()).select_from(self.model).where(*where)
        total = await self._session.scalar(count) or 0
        direction = "desc" if sort_order == "desc" else "asc"
        columns = (self.sortable[sort_by], self.model.id)
        rows = await self._session.scalars(
            select(self.model)
            .where(*where)
            .order_by(*(getattr(column, direction)() for column in columns))
            .offset(offset(page, limit))
            .limit(limit)
        )
        return Page(rows.all(), total, page, limit)

    async def create(self, entity: Model) -> Model:
        """Insert a row.

        Raises:
            ConflictException: a constraint forbids it.
        """
        self._session.add(entity)
        async with self._mapped_conflicts():
            await self._session.flush()
        return entity

    async def update_by_id(self, id: UUID, values: Mapping[str, Any]) -> Model | None:
        """Change a row, and return it as it is now.

        Raises:
            ConflictException: a constraint forbids it.
        """
        async with self._mapped_conflicts():
            return await self._session.scalar(
                update(self.model)
                .where(self.model.id == id, self.model.deleted_at.is_(None))
                .values(**values)
                .returning(self.model)
                .execution_options(populate_existing=True)
            )

    async def soft_delete(self, id: UUID) -> bool:
        """Hide a row and keep it for the record; tell whether it was there."""
        hidden = await self.update_by_id(id, {"deleted_at": datetime.now(UTC)})
        return hidden is not None

    async def hard_delete(self, id: UUID) -> bool:
        """Remove a row for good, hidden or not; tell whether it was there."""
        statement = delete(self.model).where(self.model.id == id)
        removed = await self._session.scalar(statement.returning(self.model.id))
        return removed is not None

    async def _one_or_none(self, *filters: ColumnElement[bool]) -> Model | None:
        return await self._session.scalar(
            select(self.model).where(self.model.deleted_at.is_(None), *filters)
        )

    @asynccontextmanager
    async def _mapped_conflicts(self) -> AsyncIterator[None]:
        try:
            yield
        except IntegrityError as error:
            # SQLAlchemy wraps the driver's error, which knows the constraint.
            cause = error.orig.__cause__ if error.orig else None
            name = getattr(cause, "constraint_name", None) or ""
            if name not in self.conflicts:
                raise
            raise ConflictException(self.conflicts[name]) from error
