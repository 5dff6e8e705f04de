"""Queries over users."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.models.user import User
from app.domain.roles import Role
from app.repository.base import BaseRepository
from app.utils.pagination import Page, escape_like, offset

SORTABLE: Mapping[str, InstrumentedAttribute[Any]] = {
    "created_at": User.created_at,
    "updated_at": User.updated_at,
    "email": User.email,
    "full_name": User.full_name,
}


class UserRepository(BaseRepository[User]):
    """The users that are not deleted."""

    conflicts: ClassVar = {"uq_users_email": "This e-mail is already registered"}

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(User, session)

    async def get_by_email(self, email: str) -> User | None:
        """Find a user by e-mail, however it is capitalised."""
        return await self._one_or_none(func.lower(User.email) == email.lower())

    async def email_exists(self, email: str) -> bool:
        """Tell whether a user has this e-mail."""
        return await self.get_by_email(email) is not None

    async def is_last_admin(self, user_id: UUID) -> bool:
        """Tell whether this is the only active admin; keep it so until the commit.

        The rows are locked: two admins who demote each other do so one after the other.
        """
        statement = (
            select(User.id)
            .where(User.role == Role.ADMIN, User.is_active, User.deleted_at.is_(None))
            .order_by(User.id)
            .with_for_update()
        )
        return (await self._session.scalars(statement)).all() == [user_id]

    async def get_users(
        self,
        *,
        page: int = 1,
        limit: int = 20,
        search: str | None = None,
        sort_by: str = "created_at",
        sort_order: str = "desc",
    ) -> Page[User]:
        """Get a page of users; `search` is a part of a name or an e-mail."""
        column = SORTABLE[sort_by]
        users, total = await self.get_all(
            offset=offset(page, limit),
            limit=limit,
            filters=[_contains(search)] if search else [],
            order_by=column.asc() if sort_order == "asc" else column.desc(),
        )
        return Page(users, total, page, limit)


def _contains(search: str) -> ColumnElement[bool]:
    pattern = f"%{escape_like(search)}%"
    columns = (User.full_name, User.email)
    return or_(*(column.ilike(pattern, escape="\\") for column in columns))
