"""Interfaces that several services use."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from uuid import UUID

from app.domain.models.user import User
from app.domain.roles import Caller
from app.kit.queue.job import Job
from app.utils.pagination import Page, Position


class UnitOfWork(Protocol):
    """The transaction of a request or a job; see `app.core.db.unit_of_work`."""

    async def commit(self) -> None: ...
    def released(self) -> AbstractAsyncContextManager[None]: ...
    def compensating(self, action: Callable[[], Awaitable[object]]) -> None: ...


class UserStore(Protocol):
    """The storage of users."""

    async def get_by_id(self, id: UUID) -> User | None: ...
    async def get_caller(self, id: UUID, token_version: int) -> Caller | None: ...
    async def get_for_update(self, id: UUID) -> User | None: ...
    async def get_unchanged(self, user: User) -> User | None: ...
    async def get_by_email(self, email: str) -> User | None: ...
    async def hash_kinds(self) -> Collection[str]: ...
    async def email_exists(self, email: str) -> bool: ...
    async def get_users(
        self,
        *,
        page: int,
        limit: int,
        after: Position | None,
        search: str | None,
        sort_by: str,
        sort_order: str,
        filters: Mapping[str, Any],
    ) -> Page[User]: ...
    async def create(self, entity: User) -> User: ...
    async def update_by_id(
        self, id: UUID, values: Mapping[str, Any]
    ) -> User | None: ...
    async def soft_delete(self, id: UUID) -> bool: ...
    async def is_last_admin(self, id: UUID) -> bool: ...


class JobStore(Protocol):
    """The job queue."""

    async def add(self, job: Job) -> None: ...
