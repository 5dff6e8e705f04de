"""Queries over mail tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.mail_token import MailToken
from app.domain.purposes import Purpose
from app.kit.renamed import renamed


class MailTokenRepository:
    """The mail tokens, by hash."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self,
        token_hash: str,
        user_id: UUID,
        purpose: Purpose,
        email: str,
        expires_at: datetime,
    ) -> None:
        """Store a new token."""
        self._session.add(
            MailToken(
                token_hash=token_hash,
                user_id=user_id,
                purpose=purpose,
                email=email,
                expires_at=expires_at,
            )
        )
        await self._session.flush()

    async def get(self, token_hash: str) -> MailToken | None:
        """Return an unexpired token."""
        return await self._session.scalar(
            select(MailToken).where(
                MailToken.token_hash == token_hash, MailToken.expires_at > func.now()
            )
        )

    async def take(self, token_hash: str, purpose: Purpose) -> MailToken | None:
        """Delete a token and return it; of concurrent requests, one succeeds."""
        return await self._session.scalar(
            delete(MailToken)
            .where(
                MailToken.token_hash == token_hash,
                MailToken.purpose == purpose,
                MailToken.expires_at > func.now(),
            )
            .returning(MailToken)
        )

    async def revoke_all(self, user_id: UUID, purpose: Purpose | None = None) -> None:
        """Delete a user's tokens, all or for one purpose."""
        statement = delete(MailToken).where(MailToken.user_id == user_id)
        if purpose is not None:
            statement = statement.where(MailToken.purpose == purpose)
        await self._session.execute(statement)

    async def purge(self) -> None:
        """Delete expired tokens."""
        await self._session.execute(
            delete(MailToken).where(MailToken.expires_at < func.now())
        )

    end_all = renamed(revoke_all)
