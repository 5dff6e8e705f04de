"""Checks that what a request relies on is still so."""

from collections.abc import Set
from typing import Protocol
from uuid import UUID

from app.core.exceptions import PreconditionFailedException, UnauthorizedException
from app.domain.models.base import BaseModel
from app.domain.models.user import User
from app.service.ports import UserStore

# The versions that a caller names, of which one must be the row's; None: any will do.
IfMatch = Set[str] | None


class VersionedStore(Protocol):
    """What the check needs of the place where rows are kept."""

    async def get_for_update(self, id: UUID) -> BaseModel | None: ...


async def check_if_match(store: VersionedStore, id: UUID, if_match: IfMatch) -> None:
    """Compare, and keep the row as it is until the commit; a missing one passes.

    Raises:
        PreconditionFailedException: the row was changed in the meantime.
    """
    if if_match is None:
        return
    row = await store.get_for_update(id)
    if row is not None and row.version not in if_match:
        raise PreconditionFailedException


async def check_sign_in(users: UserStore, user: User) -> User:
    """Return a user as stored now, who was read in an earlier transaction.

    Raises:
        UnauthorizedException: the password, the tokens or the account changed since.
    """
    unchanged = await users.get_unchanged(user)
    if unchanged is None:
        raise UnauthorizedException("This sign-in has ended")
    return unchanged
