"""Users in memory, with the rules of the table."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

from app.core.exceptions import ConflictException
from app.domain.models.user import User
from app.domain.roles import Role
from app.utils.pagination import Page, Position, offset

MICROSECOND = timedelta(microseconds=1)


class FakeUserRepository:
    """Does what `UserRepository` does; the tests of the stores run on both."""

    def __init__(self, *users: User) -> None:
        self._users: dict[UUID, User] = {}
        for user in users:
            self._add(user)

    async def get_by_id(self, id: UUID) -> User | None:
        user = self._users.get(id)
        return user if user and not user.is_deleted else None

    async def get_by_email(self, email: str) -> User | None:
        return next(
            (u for u in self._alive() if u.email.lower() == email.lower()), None
        )

    async def email_exists(self, email: str) -> bool:
        return await self.get_by_email(email) is not None

    async def get_for_update(self, id: UUID) -> User | None:
        return await self.get_by_id(id)

    async def get_users(
        self,
        *,
        page: int = 1,
        limit: int = 20,
        after: Position | None = None,
        search: str | None = None,
        sort_by: str = "created_at",
        sort_order: str = "desc",
    ) -> Page[User]:
        found = [u for u in self._alive() if _matches(u, search or "")]
        found.sort(key=attrgetter(sort_by, "id"), reverse=sort_order == "desc")
        start = offset(page, limit)
        if after is not None:
            start = 1 + next(i for i, u in enumerate(found) if u.id == after.id)
        items, more = found[start : start + limit], len(found) > start + limit
        end = Position(str(getattr(items[-1], sort_by)), items[-1].id) if more else None
        if after is not None:
            return Page(items, limit, end=end)
        return Page(items, limit, page=page, total=len(found), end=end)

    async def create(self, entity: User) -> User:
        if await self.email_exists(entity.email):
            raise ConflictException("This e-mail is already registered")
        return self._add(entity)

    async def update_by_id(self, id: UUID, values: Mapping[str, Any]) -> User | None:
        user = await self.get_by_id(id)
        if user is not None:
            for name, value in values.items():
                setattr(user, name, value)
            user.updated_at = max(datetime.now(UTC), user.updated_at + MICROSECOND)
        return user

    async def soft_delete(self, id: UUID) -> bool:
        hidden = await self.update_by_id(id, {"deleted_at": datetime.now(UTC)})
        return hidden is not None

    async def is_last_admin(self, user_id: UUID) -> bool:
        admins = [u for u in self._alive() if u.role == Role.ADMIN and u.is_active]
        return [admin.id for admin in admins] == [user_id]

    async def hard_delete(self, id: UUID) -> bool:
        return self._users.pop(id, None) is not None

    def _alive(self) -> list[User]:
        return [user for user in self._users.values() if not user.is_deleted]

    def _add(self, user: User) -> User:
        """Fill in what the table would."""
        user.id = user.id or uuid4()
        user.role = user.role or Role.USER
        user.is_active = True if user.is_active is None else user.is_active
        user.token_version = user.token_version or 0
        user.created_at = user.updated_at = datetime.now(UTC)
        self._users[user.id] = user
        return user


def _matches(user: User, search: str) -> bool:
    texts = (user.full_name.lower(), user.email.lower())
    return any(search.lower() in text for text in texts)
