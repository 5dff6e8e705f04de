"""Refresh tokens in memory."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.core.security import LEEWAY
from app.domain.models.refresh_token import RefreshToken
from app.kit.renamed import renamed


class FakeRefreshTokenRepository:
    """An in-memory `RefreshTokenRepository`, whose rows tests can change."""

    def __init__(self) -> None:
        self.rows: list[RefreshToken] = []

    async def add(self, token: RefreshToken) -> None:
        self.rows.append(token)

    async def use(self, token_hash: str) -> bool:
        expired_at = datetime.now(UTC) - timedelta(seconds=LEEWAY)
        for row in self.rows:
            if row.token_hash == token_hash and row.used_at is None:
                row.used_at = datetime.now(UTC)
                return row.expires_at > expired_at
        return False

    async def get_unused(self, used_hash: str, grace: timedelta) -> RefreshToken | None:
        since = datetime.now(UTC) - grace
        families = [
            row.family_id
            for row in self.rows
            if row.token_hash == used_hash and row.used_at and row.used_at > since
        ]
        unused = (row for row in self.rows if row.used_at is None)
        return next((row for row in unused if row.family_id in families), None)

    async def revoke_family(self, family_id: UUID) -> None:
        self._keep(lambda row: row.family_id != family_id)

    async def revoke_all(self, user_id: UUID) -> None:
        self._keep(lambda row: row.user_id != user_id)

    end_family = renamed(revoke_family)
    end_all = renamed(revoke_all)

    def _keep(self, wanted: Callable[[RefreshToken], bool]) -> None:
        self.rows = [row for row in self.rows if wanted(row)]
