"""Claims of refresh tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4, uuid5

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """Claims of a refresh token: signed again with its key, they are the same token.

    Attributes:
        id: random; that of a successor derives from its predecessor's.
        subject: the user's id.
        version: the user's token version at the time of signing.
        family: the session that the token belongs to.
        signed_in_at: the start of that session.
    """

    id: str
    subject: UUID
    version: int
    family: UUID
    signed_in_at: datetime
    issued_at: datetime
    expires_at: datetime

    @classmethod
    def first(cls, subject: UUID, version: int, lifetime: timedelta) -> Self:
        """Return the claims of the first token of a session."""
        now = datetime.now(UTC)
        return cls(uuid4().hex, subject, version, uuid4(), now, now, now + lifetime)

    def successor(self, issued_at: datetime, expires_at: datetime) -> Self:
        """Return the claims of the one token that this one is exchanged for."""
        id = uuid5(self.family, self.id).hex
        return replace(self, id=id, issued_at=issued_at, expires_at=expires_at)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """Read the claims of a verified token."""
        return cls(
            id=payload["jti"],
            subject=UUID(payload["sub"]),
            version=int(payload["ver"]),
            family=UUID(payload["fam"]),
            # Tokens of earlier releases have no auth_time.
            signed_in_at=_time(payload.get("auth_time", payload["iat"])),
            issued_at=_time(payload["iat"]),
            expires_at=_time(payload["exp"]),
        )

    def to_payload(self) -> dict[str, str | int]:
        """Return the claims as the token has them."""
        return {
            "jti": self.id,
            "sub": str(self.subject),
            "ver": self.version,
            "fam": str(self.family),
            "auth_time": int(self.signed_in_at.timestamp()),
            "iat": int(self.issued_at.timestamp()),
            "exp": int(self.expires_at.timestamp()),
        }


def _time(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)
