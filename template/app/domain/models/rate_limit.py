"""The table of counted attempts."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import Base


class RateLimit(Base):
    """How often something was tried in a window of time, until it starts anew.

    The key is a hash: neither e-mails nor addresses stand here.
    """

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    resets_at: Mapped[datetime]


Index("ix_rate_limits_resets_at", RateLimit.resets_at)
