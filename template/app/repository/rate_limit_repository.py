"""Queries over counted attempts."""

from datetime import timedelta

from sqlalchemy import case, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.rate_limit import RateLimit


class RateLimitRepository:
    """The counters."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hit(self, key: str, window: timedelta) -> tuple[int, int]:
        """Count an attempt; give the count, and the seconds until it starts anew."""
        over = RateLimit.resets_at <= func.now()
        fresh = func.now() + window
        statement = (
            insert(RateLimit)
            .values(key=key, count=1, resets_at=fresh)
            .on_conflict_do_update(
                index_elements=[RateLimit.key],
                set_={
                    "count": case((over, 1), else_=RateLimit.count + 1),
                    "resets_at": case((over, fresh), else_=RateLimit.resets_at),
                },
            )
            .returning(
                RateLimit.count,
                func.ceil(func.extract("epoch", RateLimit.resets_at - func.now())),
            )
        )
        count, seconds = (await self._session.execute(statement)).one()
        return count, int(seconds)

    async def undo(self, key: str) -> None:
        """Take one attempt back: it was no wrong one."""
        await self._session.execute(
            update(RateLimit)
            .where(RateLimit.key == key, RateLimit.count > 0)
            .values(count=RateLimit.count - 1)
        )

    async def forget(self, *keys: str) -> None:
        """Start anew."""
        await self._session.execute(delete(RateLimit).where(RateLimit.key.in_(keys)))

    async def purge(self) -> None:
        """Remove the counters whose window is over."""
        await self._session.execute(
            delete(RateLimit).where(RateLimit.resets_at < func.now())
        )
