"""Checks for concurrent changes."""

from collections.abc import Set
from typing import Protocol
from uuid import UUID

from app.core.exceptions import PreconditionFailedException, UnauthorizedException
from app.domain.models.base import BaseModel
from app.domain.models.user import User
from app.service.ports import UserStore

# The row versions that the caller accepts; None accepts any.
IfMatch = Set[str] | None


class VersionedStore(Protocol):
    """The storage of versioned rows."""

    async def get_for_update(self, id: UUID) -> BaseModel | None: ...


async def check_if_match(store: VersionedStore, id: UUID, if_match: IfMatch) -> None:
    """Lock a row until the commit and check its version; a missing row passes.

    Raises:
        PreconditionFailedException: the row changed since the caller read it.
    """
    if if_match is None:
        return
    row = await store.get_for_update(id)
    if row is not None and row.version not in if_match:
        raise PreconditionFailedException


async def check_sign_in(users: UserStore, user: User) -> User:
    """Return the current row of a user that an earlier transaction read.

    Raises:
        UnauthorizedException: the password, the tokens or the account changed.
    """
    unchanged = await users.get_unchanged(user)
    if unchanged is None:
        raise UnauthorizedException("The session was revoked")
    return unchanged
