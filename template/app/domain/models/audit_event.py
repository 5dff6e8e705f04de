"""The table of the audit log."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Identity, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import Base


class AuditEvent(Base):
    """A change to an account, or a refusal. It has names of fields, never values.

    The ids of users are no foreign keys: events outlive users. A repeated refusal is
    counted in its first row.
    """

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    action: Mapped[str] = mapped_column(String(40))
    refused: Mapped[bool]
    actor_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    fields: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    address: Mapped[str] = mapped_column(String(45))
    request_id: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(default=1, server_default="1")
    # The time of the latest repetition.
    last_at: Mapped[datetime | None]
    # Equal for repetitions of a refusal, which are one row.
    repeat_key: Mapped[str | None] = mapped_column(String(64))


Index("ix_audit_events_created_at", AuditEvent.created_at)
Index("ix_audit_events_subject_id", AuditEvent.subject_id, AuditEvent.created_at)
Index(
    "uq_audit_events_repeat_key",
    AuditEvent.repeat_key,
    unique=True,
    postgresql_where=AuditEvent.repeat_key.is_not(None),
)
