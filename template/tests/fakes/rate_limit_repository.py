"""Rate limits in memory."""

import math
from datetime import UTC, datetime, timedelta


class FakeRateLimitRepository:
    """An in-memory `RateLimitRepository`."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[int, datetime]] = {}

    async def hit(self, key: str, window: timedelta) -> tuple[int, int]:
        now = datetime.now(UTC)
        count, resets_at = self._rows.get(key, (0, now))
        if resets_at <= now:
            count, resets_at = 0, now + window
        self._rows[key] = (count + 1, resets_at)
        return count + 1, math.ceil((resets_at - now).total_seconds())

    async def undo(self, key: str) -> None:
        if key in self._rows:
            count, resets_at = self._rows[key]
            self._rows[key] = (max(count - 1, 0), resets_at)

    async def mark(self, window: timedelta, *keys: str) -> None:
        self._rows |= dict.fromkeys(keys, (1, datetime.now(UTC) + window))

    async def marked(self, *keys: str) -> set[str]:
        now = datetime.now(UTC)
        return {key for key in keys if key in self._rows and self._rows[key][1] > now}

    async def forget(self, *keys: str) -> None:
        for key in keys:
            self._rows.pop(key, None)
