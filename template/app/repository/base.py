"""Queries that all repositories share."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from app.core.db.errors import CONFLICTS, raise_conflict
from app.domain.models.base import BaseModel
from app.repository.paging import find_page
from app.utils.pagination import Page, PageRequest

NEWEST = PageRequest()


class BaseRepository[Model: BaseModel]:
    """Queries over one table. They skip deleted rows, flush, and never commit.

    Attributes:
        conflicts: the message to the caller, by violated constraint.
    """

    conflicts: ClassVar[Mapping[str, str]] = {}

    def __init__(self, model: type[Model], session: AsyncSession) -> None:
        self._model = model
        self._session = session
        # Deferred constraints are checked at the commit, which happens elsewhere.
        session.info.setdefault(CONFLICTS, {}).update(self.conflicts)

    async def get_by_id(self, id: UUID) -> Model | None:
        """Return a row by id."""
        row: Model | None
        row = await self._session.scalar(_with_id(self._model), {"_id": id})
        return row

    async def get_for_update(self, id: UUID) -> Model | None:
        """Return the current row, locked until the commit.

        Other transactions may refer to it meanwhile, with foreign keys.
        """
        return await self._session.scalar(
            select(self._model)
            .where(self._model.id == id, self._model.deleted_at.is_(None))
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )

    async def get_all(
        self, request: PageRequest = NEWEST, filters: Sequence[ColumnElement[bool]] = ()
    ) -> Page[Model]:
        """Return a page by number, or after a position at the same cost at any depth.

        Ties are ordered by id, so that pages neither miss nor repeat rows. Each sort
        column needs an index on (column, id).
        """
        return await find_page(self._session, self._model, filters, request)

    async def create(self, entity: Model) -> Model:
        """Insert a row.

        Raises:
            ConflictException: a constraint is violated.
        """
        self._session.add(entity)
        async with self._mapped_conflicts():
            await self._session.flush()
        return entity

    async def update_by_id(self, id: UUID, values: Mapping[str, Any]) -> Model | None:
        """Update a row and return it.

        Raises:
            ConflictException: a constraint is violated.
        """
        async with self._mapped_conflicts():
            row: Model | None
            row = await self._session.scalar(
                _update_of(self._model).values(dict(values)), {"_id": id}
            )
            return row

    async def soft_delete(self, id: UUID) -> bool:
        """Mark a row as deleted; return whether it existed."""
        hidden = await self.update_by_id(id, {"deleted_at": datetime.now(UTC)})
        return hidden is not None

    async def hard_delete(self, id: UUID) -> bool:
        """Delete a row, soft-deleted or not; return whether it existed."""
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


@cache
def _with_id(model: type[BaseModel]) -> Select[Any]:
    """Build the statement once per table: building takes as long as running it."""
    return select(model).where(*_this_one(model))


@cache
def _update_of(model: type[BaseModel]) -> ReturningUpdate[Any]:
    statement = update(model).where(*_this_one(model)).returning(model)
    # RETURNING brings the new values: the session need not compute them.
    return statement.execution_options(
        populate_existing=True, synchronize_session=False
    )


def _this_one(model: type[BaseModel]) -> tuple[ColumnElement[bool], ...]:
    return model.deleted_at.is_(None), model.id == bindparam("_id")
