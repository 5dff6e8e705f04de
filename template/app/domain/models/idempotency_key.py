"""The table of stored responses."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, SmallInteger, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import Base


class IdempotencyKey(Base):
    """The response to a request with an Idempotency-Key.

    `key` is a hash of caller, method, path and Idempotency-Key. Of the request's
    content, only a keyed hash is stored.
    """

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


Index("ix_idempotency_keys_created_at", IdempotencyKey.created_at)
