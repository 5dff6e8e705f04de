"""Queries over tokens in mails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.mail_token import MailToken
from app.domain.purposes import Purpose
from app.kit.renamed import renamed


class MailTokenRepository:
    """The tokens in mails, by their hashes."""

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
        """Give a token that is still good."""
        return await self._session.scalar(
            select(MailToken).where(
                MailToken.token_hash == token_hash, MailToken.expires_at > func.now()
            )
        )

    async def take(self, token_hash: str, purpose: Purpose) -> MailToken | None:
        """Give a token and remove it; of several requests at once, one succeeds."""
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
        """Remove all of a user, or those for one purpose."""
        statement = delete(MailToken).where(MailToken.user_id == user_id)
        if purpose is not None:
            statement = statement.where(MailToken.purpose == purpose)
        await self._session.execute(statement)

    async def purge(self) -> None:
        """Remove the expired ones."""
        await self._session.execute(
            delete(MailToken).where(MailToken.expires_at < func.now())
        )

    end_all = renamed(revoke_all)
