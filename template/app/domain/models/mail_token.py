"""The table of mail tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import Base, enum_column
from app.domain.purposes import Purpose


class MailToken(Base):
    """A token in a mailed link, stored as a hash and deleted when used."""

    __tablename__ = "mail_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose] = enum_column(Purpose)
    # The recipient: using the token verifies this address.
    email: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


Index("ix_mail_tokens_user_id", MailToken.user_id)
Index("ix_mail_tokens_expires_at", MailToken.expires_at)
