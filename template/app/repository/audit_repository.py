"""Queries over the audit log."""

from datetime import timedelta

from sqlalchemy import delete, func, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.audit_event import AuditEvent

WRITTEN = (
    "action",
    "refused",
    "actor_id",
    "subject_id",
    "fields",
    "address",
    "request_id",
)
INSERT = insert(AuditEvent.__table__)  # type: ignore[arg-type]


class AuditRepository:
    """The audit log. Rows are added and never changed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, event: AuditEvent) -> None:
        """Insert an event with Core: the generated id is not needed."""
        values = {name: getattr(event, name) for name in WRITTEN}
        await self._session.execute(INSERT, values)

    async def purge(self, kept: timedelta) -> None:
        """Delete older events."""
        await self._session.execute(
            delete(AuditEvent).where(AuditEvent.created_at < func.now() - kept)
        )
