"""The queries that all repositories share."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    delete,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database_errors import CONFLICTS, raise_conflict
from app.domain.models.base import BaseModel
from app.repository.paging import (
    PLAN_FOR_VALUES,
    count_up_to_cap,
    cut,
    go_on,
    only_these,
)
from app.utils.pagination import TOTAL_CAP, Page, Position


class BaseRepository[Model: BaseModel]:
    """Queries over one table. They see no deleted rows, flush, and never commit.

    Attributes:
        conflicts: constraint name to the message for whoever breaks it.
    """

    conflicts: ClassVar[Mapping[str, str]] = {}

    def __init__(self, model: type[Model], session: AsyncSession) -> None:
        self._model = model
        self._session = session
        # Some constraints are checked at the commit, which is not done here.
        session.info.setdefault(CONFLICTS, {}).update(self.conflicts)

    async def get_by_id(self, id: UUID) -> Model | None:
        """Get a row by its id."""
        return await self._one_or_none(self._model.id == id)

    async def get_for_update(self, id: UUID) -> Model | None:
        """Get a row as it is now, and keep others from changing it until the commit."""
        return await self._session.scalar(
            select(self._model)
            .where(self._model.id == id, self._model.deleted_at.is_(None))
            .with_for_update()
            .execution_options(populate_existing=True)
        )

    async def get_all(
        self,
        *,
        page: int = 1,
        limit: int = 20,
        after: Position | None = None,
        filters: Sequence[ColumnElement[bool]] = (),
        sort_by: InstrumentedAttribute[Any] | None = None,
        descending: bool = True,
    ) -> Page[Model]:
        """Get a page by its number; or after a position, at the same cost at any depth.

        The newest come first unless told. Equal ones are ordered by id, so that no page
        misses or repeats a row; an index on (column, id) should stand behind it.
        """
        alive = (self._model.deleted_at.is_(None), *filters)
        count = 0
        if filters:
            await self._session.execute(PLAN_FOR_VALUES)
        if filters or after is None:
            count = await count_up_to_cap(self._session, self._model, alive)
        key = "created_at" if sort_by is None else sort_by.key
        few = filters and count <= TOTAL_CAP
        source = only_these(self._model, alive) if few else self._model
        statement = go_on(
            select(source) if few else select(source).where(*alive),
            getattr(source, key),
            source.id,
            descending=descending,
            page=page,
            limit=limit,
            after=after,
        )
        rows = (await self._session.scalars(statement)).all()
        number = page if after is None else None
        return cut(rows, key, limit=limit, page=number, count=count)

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
            raise_conflict(error, self.conflicts)
