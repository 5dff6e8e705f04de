"""Refresh tokens in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.core.security import LEEWAY
from app.kit.renamed import renamed


@dataclass
class _Row:
    family_id: UUID
    user_id: UUID
    expires_at: datetime
    used: bool = False


class FakeRefreshTokenRepository:
    """An in-memory `RefreshTokenRepository`."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}

    async def add(
        self, token_hash: str, family_id: UUID, user_id: UUID, expires_at: datetime
    ) -> None:
        self._rows[token_hash] = _Row(family_id, user_id, expires_at)

    async def use(self, token_hash: str) -> bool:
        row = self._rows.get(token_hash)
        expired_at = datetime.now(UTC) - timedelta(seconds=LEEWAY)
        if row is None or row.used or row.expires_at <= expired_at:
            return False
        row.used = True
        return True

    async def revoke_family(self, family_id: UUID) -> None:
        self._keep(lambda row: row.family_id != family_id)

    async def revoke_all(self, user_id: UUID) -> None:
        self._keep(lambda row: row.user_id != user_id)

    end_family = renamed(revoke_family)
    end_all = renamed(revoke_all)

    def _keep(self, wanted: Callable[[_Row], bool]) -> None:
        self._rows = {key: row for key, row in self._rows.items() if wanted(row)}
