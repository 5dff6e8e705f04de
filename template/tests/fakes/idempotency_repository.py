"""Responses to replay, in memory."""

from datetime import UTC, datetime, timedelta

from app.domain.models.idempotency_key import IdempotencyKey


class FakeIdempotencyRepository:
    """An in-memory `IdempotencyRepository`; `claimed` has the claims of others."""

    def __init__(self) -> None:
        self.claimed: set[str] = set()
        self._rows: dict[str, IdempotencyKey] = {}

    async def claim(self, key: str) -> bool:
        return key not in self.claimed

    async def get(self, key: str, kept: timedelta) -> IdempotencyKey | None:
        row = self._rows.get(key)
        return row if row and row.created_at > datetime.now(UTC) - kept else None

    async def put(self, row: IdempotencyKey, kept: timedelta) -> bool:
        if await self.get(row.key, kept) is not None:
            return False
        row.created_at = datetime.now(UTC)
        self._rows[row.key] = row
        return True
