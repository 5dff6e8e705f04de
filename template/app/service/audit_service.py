"""Audit log of account changes and refusals."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Protocol
from uuid import UUID

from app.core.context import RequestContext
from app.domain.models.audit_event import AuditEvent


class AuditStore(Protocol):
    """The storage of audit events."""

    async def add(self, event: AuditEvent) -> None: ...


class AuditService:
    """The audit log of one request."""

    def __init__(self, store: AuditStore, context: RequestContext) -> None:
        self._store = store
        self._context = context

    async def done(
        self,
        action: str,
        *,
        actor: UUID | None,
        subject: UUID,
        fields: Iterable[str] = (),
    ) -> None:
        """Record a change in the same transaction."""
        await self._add(action, False, actor, subject, fields)

    def refusal(
        self, action: str, *, actor: UUID | None = None, subject: UUID | None = None
    ) -> Callable[[], Awaitable[None]]:
        """Return a function that records a refusal, for `AppException.remembering`."""
        return partial(self._add, action, True, actor, subject, ())

    async def _add(
        self,
        action: str,
        refused: bool,
        actor: UUID | None,
        subject: UUID | None,
        fields: Iterable[str],
    ) -> None:
        event = AuditEvent(
            action=action,
            refused=refused,
            actor_id=actor,
            subject_id=subject,
            fields=sorted(fields),
            address=self._context.address,
            request_id=self._context.request_id,
        )
        await self._store.add(event)
