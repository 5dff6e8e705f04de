"""The table of rate-limit counters."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import Base


class RateLimit(Base):
    """The number of attempts in the current window, or the mark of a known client.

    The key is a hash: the table contains no e-mails or addresses.
    """

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    resets_at: Mapped[datetime]


Index("ix_rate_limits_resets_at", RateLimit.resets_at)
