"""Queries over the record of accounts."""

from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.audit_event import AuditEvent


class AuditRepository:
    """The record. Rows are added, and never changed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, event: AuditEvent) -> None:
        """Write a row."""
        self._session.add(event)
        await self._session.flush()

    async def purge(self, kept: timedelta) -> None:
        """Remove the rows that are older."""
        await self._session.execute(
            delete(AuditEvent).where(AuditEvent.created_at < func.now() - kept)
        )
