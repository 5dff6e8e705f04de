"""Queries over rate-limit counters, and marks that expire likewise."""

from datetime import timedelta

from sqlalchemy import Interval, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db.compiled import CompiledStatement
from app.domain.models.rate_limit import RateLimit

_over = RateLimit.resets_at <= func.now()
_fresh = func.now() + bindparam("_window", type_=Interval)
HIT = CompiledStatement(
    insert(RateLimit)
    .values(key=bindparam("_key"), count=1, resets_at=_fresh)
    .on_conflict_do_update(
        index_elements=[RateLimit.key],
        set_={
            "count": case((_over, 1), else_=RateLimit.count + 1),
            "resets_at": case((_over, _fresh), else_=RateLimit.resets_at),
        },
    )
    .returning(
        RateLimit.count,
        func.ceil(func.extract("epoch", RateLimit.resets_at - func.now())),
    )
)


class RateLimitRepository:
    """The rate-limit counters."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hit(self, key: str, window: timedelta) -> tuple[int, int]:
        """Count an attempt; return the count and the seconds until it resets."""
        values = {"_key": key, "_window": window}
        count, seconds = (await HIT.run(self._session, values)).one()
        return count, int(seconds)

    async def undo(self, key: str) -> None:
        """Take one attempt off the count."""
        await self._session.execute(
            update(RateLimit)
            .where(RateLimit.key == key, RateLimit.count > 0)
            .values(count=RateLimit.count - 1)
        )

    async def forget(self, *keys: str) -> None:
        """Reset counters."""
        await self._session.execute(delete(RateLimit).where(RateLimit.key.in_(keys)))

    async def mark(self, window: timedelta, *keys: str) -> None:
        """Set marks, which expire after the window; renew those that exist."""
        rows = [
            {"key": key, "count": 1, "resets_at": func.now() + window}
            for key in sorted(keys)
        ]
        statement = insert(RateLimit).values(rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[RateLimit.key],
                set_={"resets_at": statement.excluded.resets_at},
            )
        )

    async def marked(self, *keys: str) -> set[str]:
        """Return the marks among the keys that have not expired."""
        found = await self._session.scalars(
            select(RateLimit.key).where(
                RateLimit.key.in_(keys), RateLimit.resets_at > func.now()
            )
        )
        return set(found)

    async def purge(self, most: int) -> bool:
        """Delete some expired counters; return whether there were any.

        Those that a request has locked are in use again.
        """
        expired = (
            select(RateLimit.key)
            .where(RateLimit.resets_at < func.now())
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        deleted = await self._session.scalars(
            delete(RateLimit).where(RateLimit.key.in_(expired)).returning(RateLimit.key)
        )
        return bool(deleted.all())
