"""Passwords and tokens. Secrets are passed in; nothing is read here."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import jwt
from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from app.core.config import Settings
from app.core.exceptions import UnauthorizedException

# OWASP's minimum for Argon2id: 19 MiB, two passes, one lane.
ARGON2 = Argon2Hasher(memory_cost=19456, time_cost=2, parallelism=1)


class PasswordHasher:
    """Hashes with Argon2id and still verifies bcrypt.

    The work is done in threads, no more at a time than there are cores, so that
    it delays no other request.
    """

    def __init__(self) -> None:
        self._hash = PasswordHash((ARGON2, BcryptHasher()))
        self._limiter = CapacityLimiter(os.cpu_count() or 1)
        self._nobody: str | None = None

    async def hash_password(self, password: str) -> str:
        """Hash a password with a salt of its own."""
        return await to_thread.run_sync(
            self._hash.hash, password, limiter=self._limiter
        )

    async def verify_password(self, password: str, password_hash: str | None) -> bool:
        """Compare a password with a hash.

        Without a hash (there is no such user) the same work is done, so that the
        time of the answer does not tell.
        """
        if self._nobody is None:
            self._nobody = await self.hash_password("nobody")
        matches = await to_thread.run_sync(
            self._verify, password, password_hash or self._nobody, limiter=self._limiter
        )
        return matches and password_hash is not None

    def _verify(self, password: str, password_hash: str) -> bool:
        if BcryptHasher.identify(password_hash):
            # bcrypt reads 72 bytes and its library refuses more.
            return self._hash.verify(password.encode()[:72], password_hash)
        return self._hash.verify(password, password_hash)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: whose it is, and the role at the time of signing."""

    subject: UUID
    role: str | None


class TokenSigner:
    """Signs and reads JSON Web Tokens (RFC 7519), a key for each kind."""

    def __init__(self, settings: Settings) -> None:
        self._keys = {
            "access": settings.JWT_SECRET_KEY.get_secret_value(),
            "refresh": settings.JWT_REFRESH_SECRET_KEY.get_secret_value(),
        }
        self._algorithm = settings.JWT_ALGORITHM
        self.access_lifetime = timedelta(
            minutes=settings.JWT_ACCESS_TOKEN_EXPIRE_MINUTES
        )
        self.refresh_lifetime = timedelta(days=settings.JWT_REFRESH_TOKEN_EXPIRE_DAYS)

    def create_access_token(
        self, subject: UUID, role: str, expires_delta: timedelta | None = None
    ) -> str:
        """Sign a token that opens the API."""
        lifetime = self.access_lifetime if expires_delta is None else expires_delta
        return self._sign("access", subject, lifetime, role=role)

    def create_refresh_token(
        self, subject: UUID, expires_delta: timedelta | None = None
    ) -> str:
        """Sign a token that can only be exchanged for new ones."""
        lifetime = self.refresh_lifetime if expires_delta is None else expires_delta
        return self._sign("refresh", subject, lifetime)

    def decode_access_token(self, token: str) -> Claims:
        """Read an access token.

        Raises:
            UnauthorizedException: it is altered, expired or of another kind.
        """
        return self._read("access", token)

    def decode_refresh_token(self, token: str) -> Claims:
        """Read a refresh token.

        Raises:
            UnauthorizedException: it is altered, expired or of another kind.
        """
        return self._read("refresh", token)

    def _sign(
        self,
        kind: Literal["access", "refresh"],
        subject: UUID,
        lifetime: timedelta,
        **claims: str,
    ) -> str:
        now = datetime.now(UTC)
        payload = {"sub": str(subject), "type": kind, "iat": now, "exp": now + lifetime}
        return jwt.encode(payload | claims, self._keys[kind], self._algorithm)

    def _read(self, kind: Literal["access", "refresh"], token: str) -> Claims:
        try:
            payload = jwt.decode(
                token,
                self._keys[kind],
                algorithms=[self._algorithm],
                options={"require": ["sub", "type", "iat", "exp"]},
            )
            subject = UUID(payload["sub"])
        except (jwt.InvalidTokenError, ValueError):
            raise UnauthorizedException("The token is invalid or has expired") from None
        if payload["type"] != kind:
            raise UnauthorizedException("The token is of another kind")
        return Claims(subject, payload.get("role"))
