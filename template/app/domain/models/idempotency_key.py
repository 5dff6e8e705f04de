"""The table of answers that are given again."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, SmallInteger, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import Base


class IdempotencyKey(Base):
    """The answer to a request that its caller may repeat.

    The key is a hash of who called what with which Idempotency-Key; of the request
    only a keyed hash is stored.
    """

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


Index("ix_idempotency_keys_created_at", IdempotencyKey.created_at)
