"""Queries over the audit log."""

from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db.compiled import CompiledStatement
from app.domain.models.audit_event import AuditEvent

WRITTEN = (
    "action",
    "refused",
    "actor_id",
    "subject_id",
    "fields",
    "address",
    "request_id",
    "repeat_key",
)
INSERT = CompiledStatement(
    insert(AuditEvent).on_conflict_do_update(
        index_elements=[AuditEvent.repeat_key],
        index_where=AuditEvent.repeat_key.is_not(None),
        # Not now(), the start of a transaction that may have waited for the first one.
        set_={"count": AuditEvent.count + 1, "last_at": func.clock_timestamp()},
    ),
    columns=(*WRITTEN, "count"),
)


class AuditRepository:
    """The audit log. Rows are added; only the count of a refusal changes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, event: AuditEvent) -> None:
        """Insert an event, or count a repeated refusal."""
        values = {name: getattr(event, name) for name in WRITTEN}
        await INSERT.run(self._session, {**values, "count": 1})

    async def purge(self, kept: timedelta) -> None:
        """Delete older events."""
        await self._session.execute(
            delete(AuditEvent).where(AuditEvent.created_at < func.now() - kept)
        )
