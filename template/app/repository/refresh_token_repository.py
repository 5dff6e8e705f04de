"""Queries over refresh tokens."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.security import LEEWAY
from app.domain.models.refresh_token import RefreshToken
from app.kit.renamed import renamed

# Not the time when the transaction began: it may have waited for another exchange.
NOW = func.clock_timestamp()
# Clocks differ: a token is accepted for the leeway after its expiry.
EXPIRED_AT = func.now() - timedelta(seconds=LEEWAY)


class RefreshTokenRepository:
    """The refresh tokens, by hash."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, token: RefreshToken) -> None:
        """Store a new token."""
        self._session.add(token)
        await self._session.flush()

    async def use(self, token_hash: str) -> bool:
        """Mark a token as used; of concurrent requests, one succeeds."""
        statement = (
            update(RefreshToken)
            .where(
                RefreshToken.token_hash == token_hash,
                RefreshToken.used_at.is_(None),
                RefreshToken.expires_at > EXPIRED_AT,
            )
            .values(used_at=NOW)
            .returning(RefreshToken.token_hash)
        )
        return await self._session.scalar(statement) is not None

    async def get_unused(self, used_hash: str, grace: timedelta) -> RefreshToken | None:
        """Return the unused token of a family, if another was used just now."""
        used = aliased(RefreshToken)
        return await self._session.scalar(
            select(RefreshToken)
            .join(used, used.family_id == RefreshToken.family_id)
            .where(
                used.token_hash == used_hash,
                used.used_at > NOW - grace,
                RefreshToken.used_at.is_(None),
            )
        )

    async def revoke_family(self, family_id: UUID) -> None:
        """Revoke all tokens that descend from one login."""
        await self._session.execute(
            delete(RefreshToken).where(RefreshToken.family_id == family_id)
        )

    async def revoke_all(self, user_id: UUID) -> None:
        """Revoke all tokens of a user."""
        await self._session.execute(
            delete(RefreshToken).where(RefreshToken.user_id == user_id)
        )

    async def purge(self) -> None:
        """Delete expired tokens."""
        await self._session.execute(
            delete(RefreshToken).where(RefreshToken.expires_at < EXPIRED_AT)
        )

    end_family = renamed(revoke_family)
    end_all = renamed(revoke_all)
