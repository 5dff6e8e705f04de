"""Audit log of account changes and refusals."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from hashlib import sha256
from time import time
from typing import Protocol
from uuid import UUID

from app.core.context import RequestContext
from app.domain.models.audit_event import AuditEvent
from app.utils.addresses import UNKNOWN, site_network

# Seconds in which repetitions of a refusal are counted in one row.
WINDOW = 3600


class AuditStore(Protocol):
    """The storage of audit events. It counts those with the same `repeat_key`."""

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
        await self._store.add(self._event(action, actor, subject, fields))

    def refusal(
        self, action: str, *, actor: UUID | None = None, subject: UUID | None = None
    ) -> Callable[[], Awaitable[None]]:
        """Return a function that records a refusal, for `AppException.remembering`.

        A caller's repetitions within an hour are counted in one row, so that no caller
        can flood the log.
        """
        event = self._event(action, actor, subject)
        event.refused = True
        event.repeat_key = self._repeat_key(action, actor, subject)
        return partial(self._store.add, event)

    def _event(
        self,
        action: str,
        actor: UUID | None,
        subject: UUID | None,
        fields: Iterable[str] = (),
    ) -> AuditEvent:
        return AuditEvent(
            action=action,
            refused=False,
            actor_id=actor,
            subject_id=subject,
            fields=sorted(fields),
            address=self._context.address,
            request_id=self._context.request_id,
        )

    def _repeat_key(
        self, action: str, actor: UUID | None, subject: UUID | None
    ) -> str | None:
        """Return the same key for a caller's repetitions; None if nobody is known."""
        address = self._context.address
        network = None if address == UNKNOWN else site_network(address)
        caller = actor or network or subject
        if caller is None:
            return None
        parts = (action, caller, subject, time() // WINDOW)
        return sha256("\n".join(map(str, parts)).encode()).hexdigest()
