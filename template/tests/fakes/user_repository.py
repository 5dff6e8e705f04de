"""Users in memory, with the constraints of the table."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from app.core.exceptions import ConflictException
from app.core.hashes import hash_kind
from app.domain.models.user import User
from app.domain.roles import Caller, Role
from app.repository.user_repository import NO_FILTERS
from app.utils.pagination import Page, PageRequest, Position
from tests.fakes.base import FakeRepository


class FakeUserRepository(FakeRepository[User]):
    """An in-memory `UserRepository`; the repository tests run on both."""

    async def get_by_email(self, email: str) -> User | None:
        return next(
            (u for u in self._alive() if u.email.lower() == email.lower()), None
        )

    async def get_caller(self, id: UUID, token_version: int) -> Caller | None:
        row = await self.get_by_id(id)
        if row is None or not row.is_active or row.token_version != token_version:
            return None
        return Caller(row.id, row.role)

    async def get_unchanged(self, user: User) -> User | None:
        row = await self.get_by_id(user.id)
        same = row is not None and all(
            getattr(row, name) == getattr(user, name)
            for name in ("password_hash", "token_version", "is_active")
        )
        return row if same else None

    async def hash_kinds(self) -> Collection[str]:
        kinds = {hash_kind(user.password_hash) for user in self._alive()}
        return {kind for kind in kinds if kind is not None}

    async def email_exists(self, email: str) -> bool:
        return await self.get_by_email(email) is not None

    async def get_users(
        self,
        *,
        page: int = 1,
        limit: int = 20,
        after: Position | None = None,
        search: str | None = None,
        sort_by: str = "created_at",
        sort_order: str = "desc",
        filters: Mapping[str, Any] = NO_FILTERS,
    ) -> Page[User]:
        request = PageRequest(sort_by, sort_order == "desc", limit, page, after)
        found = self._matching(filters, search, ["full_name", "email"])
        return self._page(found, request)

    async def create(self, entity: User) -> User:
        if await self.email_exists(entity.email):
            raise ConflictException("This e-mail is already registered")
        return await super().create(entity)

    async def is_last_admin(self, user_id: UUID) -> bool:
        admins = [u for u in self._alive() if u.role == Role.ADMIN and u.is_active]
        return [admin.id for admin in admins] == [user_id]
