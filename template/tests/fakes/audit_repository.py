"""The audit log in memory."""

from datetime import UTC, datetime

from app.domain.models.audit_event import AuditEvent
from app.kit.renamed import RenamedAttribute


class FakeAuditRepository:
    """An in-memory `AuditRepository` whose events tests can read."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def add(self, event: AuditEvent) -> None:
        for known in self.events:
            if event.repeat_key and known.repeat_key == event.repeat_key:
                known.count += 1
                known.last_at = datetime.now(UTC)
                return
        event.count = 1
        self.events.append(event)

    @property
    def actions(self) -> list[str]:
        """The actions, each as often as it was counted; refused ones start with `!`."""
        return [
            f"{'!' * event.refused}{event.action}"
            for event in self.events
            for _ in range(event.count)
        ]

    said = RenamedAttribute[list[str]]("actions")
