"""The audit log in memory."""

from app.domain.models.audit_event import AuditEvent
from app.kit.renamed import RenamedAttribute


class FakeAuditRepository:
    """An in-memory `AuditRepository` whose events tests can read."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def add(self, event: AuditEvent) -> None:
        self.events.append(event)

    @property
    def actions(self) -> list[str]:
        """The actions; refused ones start with `!`."""
        return [f"{'!' * event.refused}{event.action}" for event in self.events]

    said = RenamedAttribute[list[str]]("actions")
