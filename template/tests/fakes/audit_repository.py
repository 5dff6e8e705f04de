"""The record of accounts in memory."""

from app.domain.models.audit_event import AuditEvent
from app.kit.renamed import RenamedAttribute


class FakeAuditRepository:
    """Does what `AuditRepository` does; the rows can be looked at."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def add(self, event: AuditEvent) -> None:
        self.events.append(event)

    @property
    def actions(self) -> list[str]:
        """The actions, with a `!` before those that were refused."""
        return [f"{'!' * event.refused}{event.action}" for event in self.events]

    said = RenamedAttribute[list[str]]("actions")
