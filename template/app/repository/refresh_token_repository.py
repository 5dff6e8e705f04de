"""Queries over refresh tokens."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.security import LEEWAY
from app.domain.models.refresh_token import RefreshToken
from app.kit.renamed import renamed

# Clocks differ: a token is accepted for the leeway after its expiry.
EXPIRED_AT = func.now() - timedelta(seconds=LEEWAY)


class RefreshTokenRepository:
    """The refresh tokens, by hash."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self, token_hash: str, family_id: UUID, user_id: UUID, expires_at: datetime
    ) -> None:
        """Store a new token."""
        self._session.add(
            RefreshToken(
                token_hash=token_hash,
                family_id=family_id,
                user_id=user_id,
                expires_at=expires_at,
            )
        )
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
            .values(used_at=func.now())
            .returning(RefreshToken.token_hash)
        )
        return await self._session.scalar(statement) is not None

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
