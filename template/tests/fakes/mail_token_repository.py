"""Mail tokens in memory."""

from datetime import UTC, datetime
from uuid import UUID

from app.domain.models.mail_token import MailToken
from app.domain.purposes import Purpose
from app.kit.renamed import renamed


class FakeMailTokenRepository:
    """An in-memory `MailTokenRepository`."""

    def __init__(self) -> None:
        self._rows: list[MailToken] = []

    async def add(
        self,
        token_hash: str,
        user_id: UUID,
        purpose: Purpose,
        email: str,
        expires_at: datetime,
    ) -> None:
        self._rows.append(
            MailToken(
                token_hash=token_hash,
                user_id=user_id,
                purpose=purpose,
                email=email,
                expires_at=expires_at,
            )
        )

    async def get(self, token_hash: str) -> MailToken | None:
        for row in self._rows:
            if row.token_hash == token_hash and row.expires_at > datetime.now(UTC):
                return row
        return None

    async def take(self, token_hash: str, purpose: Purpose) -> MailToken | None:
        for row in self._rows:
            if (row.token_hash, row.purpose) == (token_hash, purpose):
                if row.expires_at <= datetime.now(UTC):
                    return None
                self._rows.remove(row)
                return row
        return None

    async def revoke_all(self, user_id: UUID, purpose: Purpose | None = None) -> None:
        self._rows = [
            row
            for row in self._rows
            if row.user_id != user_id or purpose not in (None, row.purpose)
        ]

    end_all = renamed(revoke_all)
