"""Loans of copies to readers."""

from datetime import datetime

from sqlalchemy import DateTime, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import BaseModel


class Loan(BaseModel):
    """A copy lent to a reader."""

    __tablename__ = "loans"
    __table_args__ = (
        Index("ix_loans_created_at_id", "created_at", "id"),
        Index("ix_loans_due_at_id", "due_at", "id"),
    )

    copy: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
