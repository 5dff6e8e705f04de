"""Queries over stored responses."""

from datetime import timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.idempotency_key import IdempotencyKey

# The claim is an advisory lock that ends with the transaction. The timeout ends the
# transaction of a process that hangs or was cut off.
CLAIM = text("""
    SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0)),
    set_config('idle_in_transaction_session_timeout', :expires, true)
""")


class IdempotencyRepository:
    """The stored responses, and the claims on calls."""

    def __init__(self, session: AsyncSession, claim_expires: timedelta) -> None:
        self._session = session
        self._expires = f"{claim_expires // timedelta(milliseconds=1)}ms"

    async def claim(self, key: str) -> bool:
        """Claim a call until the commit; return whether it was unclaimed."""
        values = {"key": key, "expires": self._expires}
        claimed: bool = (await self._session.execute(CLAIM, values)).scalar_one()
        return claimed

    async def get(self, key: str, kept: timedelta) -> IdempotencyKey | None:
        """Return a response, unless it has expired."""
        statement = select(IdempotencyKey).where(
            IdempotencyKey.key == key, IdempotencyKey.created_at > func.now() - kept
        )
        fresh = statement.execution_options(populate_existing=True)
        return await self._session.scalar(fresh)

    async def put(self, row: IdempotencyKey, kept: timedelta) -> bool:
        """Store a response; return False if an unexpired one exists."""
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
        """Delete expired responses."""
        await self._session.execute(
            delete(IdempotencyKey).where(IdempotencyKey.created_at < func.now() - kept)
        )
