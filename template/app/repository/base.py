"""The queries that all repositories share."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.exceptions import ConflictException
from app.domain.models.base import BaseModel


class BaseRepository[Model: BaseModel]:
    """Queries over one table. They see no deleted rows, flush, and never commit.

    Attributes:
        conflicts: constraint name to the message for whoever breaks it.
    """

    conflicts: ClassVar[Mapping[str, str]] = {}

    def __init__(self, model: type[Model], session: AsyncSession) -> None:
        self._model = model
        self._session = session

    async def get_by_id(self, id: UUID) -> Model | None:
        """Get a row by its id."""
        return await self._one_or_none(self._model.id == id)

    async def get_all(
        self,
        *,
        offset: int = 0,
        limit: int = 20,
        filters: Sequence[ColumnElement[bool]] = (),
        order_by: ColumnElement[Any] | None = None,
    ) -> tuple[Sequence[Model], int]:
        """Get some rows, the newest first unless told, and the number of all.

        Equal ones are ordered by id, so that no page misses or repeats a row.
        """
        where = (self._model.deleted_at.is_(None), *filters)
        order = self._model.created_at.desc() if order_by is None else order_by
        total = await self._session.scalar(
            select(func.count()).select_from(self._model).where(*where)
        )
        rows = await self._session.scalars(
            select(self._model)
            .where(*where)
            .order_by(order, self._model.id)
            .offset(offset)
            .limit(limit)
        )
        return rows.all(), total or 0

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
                update(self._model)
                .where(self._model.id == id, self._model.deleted_at.is_(None))
                .values(**values)
                .returning(self._model)
                .execution_options(populate_existing=True)
            )

    async def soft_delete(self, id: UUID) -> bool:
        """Hide a row and keep it for the record; tell whether it was there."""
        hidden = await self.update_by_id(id, {"deleted_at": datetime.now(UTC)})
        return hidden is not None

    async def hard_delete(self, id: UUID) -> bool:
        """Remove a row for good, hidden or not; tell whether it was there."""
        statement = delete(self._model).where(self._model.id == id)
        removed = await self._session.scalar(statement.returning(self._model.id))
        return removed is not None

    async def _one_or_none(self, *filters: ColumnElement[bool]) -> Model | None:
        return await self._session.scalar(
            select(self._model).where(self._model.deleted_at.is_(None), *filters)
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
