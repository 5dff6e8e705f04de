"""Queries over users."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db.compiled import CompiledStatement
from app.domain.models.user import PASSWORD_KIND, User
from app.domain.roles import Caller, Role
from app.domain.schemas.user import UserListParams
from app.repository.base import BaseRepository
from app.repository.filters import filters_of
from app.utils.emails import canonical_email
from app.utils.pagination import (
    SHORTEST_SEARCH,
    Page,
    PageRequest,
    Position,
    escape_like,
)

# Limits `sort_by` for callers that have no request schema.
SORTABLE: Mapping[str, InstrumentedAttribute[Any]] = {
    "created_at": User.created_at,
    "updated_at": User.updated_at,
    "email": User.email,
    "full_name": User.full_name,
}
FILTERS = filters_of(User, UserListParams)
ROLE = CompiledStatement(
    select(User.role).where(
        User.id == bindparam("_id"),
        User.token_version == bindparam("_version"),
        User.is_active,
        User.deleted_at.is_(None),
    )
)
# One look into the index for each kind, however many users there are.
_kind = select(func.min(PASSWORD_KIND).label("kind")).where(User.deleted_at.is_(None))
_kinds = _kind.cte("kinds", recursive=True)
_next = _kind.where(_kinds.c.kind < PASSWORD_KIND).scalar_subquery()
_kinds = _kinds.union_all(select(_next).where(_kinds.c.kind.is_not(None)))
KINDS = select(_kinds.c.kind).where(_kinds.c.kind.is_not(None))
NO_FILTERS: Mapping[str, Any] = {}


class UserRepository(BaseRepository[User]):
    """The users that are not deleted."""

    conflicts: ClassVar = {"uq_users_email": "This e-mail is already registered"}

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(User, session)

    async def get_by_email(self, email: str) -> User | None:
        """Return the user whose e-mail is spelled like this, else equal to it.

        Equal e-mails of several users are older than the rule (scripts/emails.py): each
        user is found by the exact spelling.
        """
        exact, canonical = User.email == email, canonical_email(email)
        return await self._session.scalar(
            select(User)
            .where(
                User.deleted_at.is_(None),
                or_(exact, User.canonical_email == canonical),
            )
            .order_by(exact.desc())
            .limit(1)
        )

    async def update_by_id(self, id: UUID, values: Mapping[str, Any]) -> User | None:
        """Update a row and return it; a new e-mail brings its canonical form.

        Raises:
            ConflictException: a constraint is violated.
        """
        if "email" in values:
            values = {**values, "canonical_email": canonical_email(values["email"])}
        return await super().update_by_id(id, values)

    async def get_caller(self, id: UUID, token_version: int) -> Caller | None:
        """Return an active user whose tokens of this version are valid."""
        values = {"_id": id, "_version": token_version}
        role = (await ROLE.run(self._session, values)).scalar()
        return None if role is None else Caller(id, Role(role))

    async def get_unchanged(self, user: User) -> User | None:
        """Return the locked row of a user, unless password or tokens changed."""
        return await self._session.scalar(
            select(User)
            .where(
                User.id == user.id,
                User.deleted_at.is_(None),
                User.password_hash == user.password_hash,
                User.token_version == user.token_version,
                User.is_active == user.is_active,
            )
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )

    async def hash_kinds(self) -> Collection[str]:
        """Return the kinds of password hashes that users have."""
        return (await self._session.scalars(KINDS)).all()

    async def email_exists(self, email: str) -> bool:
        """Return whether a user has this e-mail."""
        return await self.get_by_email(email) is not None

    async def pictures_among(self, names: Collection[str]) -> set[str]:
        """Return the names that are users' pictures."""
        statement = select(User.picture).where(
            User.picture.in_(names), User.deleted_at.is_(None)
        )
        return {name for name in await self._session.scalars(statement) if name}

    async def is_last_admin(self, user_id: UUID) -> bool:
        """Return whether this is the only active admin.

        Admins are locked until the commit, so that two cannot demote each other.
        """
        statement = (
            select(User.id)
            .where(User.role == Role.ADMIN, User.is_active, User.deleted_at.is_(None))
            .order_by(User.id)
            .with_for_update()
        )
        return (await self._session.scalars(statement)).all() == [user_id]

    # Keyword arguments, which existing callers pass. Added slices take a PageRequest.
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
        """Return a page of users; `search` is a part of a name or an e-mail."""
        column = SORTABLE[sort_by].key
        request = PageRequest(column, sort_order == "desc", limit, page, after)
        where = [FILTERS[name](value) for name, value in filters.items()]
        if search:
            where.append(_contains(search))
        return await self.get_all(request, where)


def _contains(search: str) -> ColumnElement[bool]:
    """Search names and e-mails with the trigram index.

    Thousands of addresses share the part after the @: it is compared, not looked up.
    """
    start = search.partition("@")[0]
    looked_up = start if len(start) >= SHORTEST_SEARCH else search
    pattern = f"%{escape_like(looked_up)}%"
    columns = (User.full_name, User.email)
    found = or_(*(column.ilike(pattern, escape="\\") for column in columns))
    if looked_up == search:
        return found
    whole = (func.strpos(func.lower(c), func.lower(search)) > 0 for c in columns)
    return and_(found, or_(*whole))
