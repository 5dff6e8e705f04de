"""Queries over users."""

from typing import ClassVar

from sqlalchemy import func, or_

from app.domain.models.user import User
from app.repository.base import BaseRepository
from app.utils.pagination import Page, escape_like


class UserRepository(BaseRepository[User]):
    """The users that are not deleted."""

    model = User
    sortable: ClassVar = {
        "created_at": User.created_at,
        "updated_at": User.updated_at,
        "email": User.email,
        "full_name": User.full_name,
    }
    conflicts: ClassVar = {"uq_users_email": "This e-mail is already registered"}

    async def get_by_email(self, email: str) -> User | None:
        """Find a user by e-mail, however it is capitalised."""
        return await self._one_or_none(func.lower(User.email) == email.lower())

    async def email_exists(self, email: str) -> bool:
        """Tell whether a user has this e-mail."""
        return await self.get_by_email(email) is not None

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
        filters = []
        if search:
            pattern = f"%{escape_like(search)}%"
            filters.append(
                or_(
                    User.full_name.ilike(pattern, escape="\\"),
                    User.email.ilike(pattern, escape="\\"),
                )
            )
        return await self.get_all(
            page=page,
            limit=limit,
            filters=filters,
            sort_by=sort_by,
            sort_order=sort_order,
        )
