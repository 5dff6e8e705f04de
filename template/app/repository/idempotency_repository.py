"""Queries over answers that are given again."""

from datetime import timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.idempotency_key import IdempotencyKey

# The lock is the claim. It goes with the transaction, and that with its process: where
# nothing is heard of one for so long, PostgreSQL ends it.
CLAIM = text("""
    SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0)),
    set_config('idle_in_transaction_session_timeout', :expires, true)
""")


class IdempotencyRepository:
    """The answers, each with the claim on its call."""

    def __init__(self, session: AsyncSession, claim_expires: timedelta) -> None:
        self._session = session
        self._expires = f"{claim_expires // timedelta(milliseconds=1)}ms"

    async def claim(self, key: str) -> bool:
        """Claim a call until the commit; tell whether nobody else has."""
        values = {"key": key, "expires": self._expires}
        claimed: bool = (await self._session.execute(CLAIM, values)).scalar_one()
        return claimed

    async def get(self, key: str, kept: timedelta) -> IdempotencyKey | None:
        """Get an answer, unless it is too old."""
        statement = select(IdempotencyKey).where(
            IdempotencyKey.key == key, IdempotencyKey.created_at > func.now() - kept
        )
        fresh = statement.execution_options(populate_existing=True)
        return await self._session.scalar(fresh)

    async def put(self, row: IdempotencyKey, kept: timedelta) -> bool:
        """Store an answer; return whether no other request has, unless too long ago."""
        values = {
            "request_hash": row.request_hash,
            "status": row.status,
            "headers": row.headers,
            "body": row.body,
        }
        statement = insert(IdempotencyKey).values(key=row.key, **values)
        stored = await self._session.scalar(
            statement.on_conflict_do_update(
                index_elements=[IdempotencyKey.key],
                set_={**values, "created_at": func.now()},
                where=IdempotencyKey.created_at <= func.now() - kept,
            ).returning(IdempotencyKey.key)
        )
        return stored is not None

    async def purge(self, kept: timedelta) -> None:
        """Remove the answers that are too old."""
        await self._session.execute(
            delete(IdempotencyKey).where(IdempotencyKey.created_at < func.now() - kept)
        )
