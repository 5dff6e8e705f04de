"""Users in memory, with the constraints of the table."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from uuid import UUID

from app.core.hashes import hash_kind
from app.domain.models.user import User
from app.domain.roles import Caller, Role
from app.repository.user_repository import NO_FILTERS
from app.utils.emails import canonical_email
from app.utils.pagination import Page, PageRequest, Position
from tests.fakes.base import FakeRepository


class FakeUserRepository(FakeRepository[User]):
    """An in-memory `UserRepository`; the repository tests run on both."""

    unique: ClassVar = {"canonical_email": "This e-mail is already registered"}

    async def get_by_email(self, email: str) -> User | None:
        canonical = canonical_email(email)
        equal = [user for user in self._alive() if user.canonical_email == canonical]
        exact = [user for user in self._alive() if user.email == email]
        return next(iter([*exact, *equal]), None)

    async def update_by_id(self, id: UUID, values: Mapping[str, Any]) -> User | None:
        if "email" in values:
            values = {**values, "canonical_email": canonical_email(values["email"])}
        return await super().update_by_id(id, values)

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

    async def is_last_admin(self, user_id: UUID) -> bool:
        admins = [u for u in self._alive() if u.role == Role.ADMIN and u.is_active]
        return [admin.id for admin in admins] == [user_id]
