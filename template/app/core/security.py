"""Passwords and tokens. Secrets are passed in; nothing is read here."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from secrets import token_urlsafe
from time import time
from typing import Any, Literal
from uuid import UUID, uuid4

import jwt
from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher
from pydantic import SecretStr

from app.core.config import Settings
from app.core.exceptions import UnauthorizedException

Kind = Literal["access", "refresh"]
INVALID = "The token is invalid or has expired"
# So many access tokens are not verified anew with each of their requests.
TOKENS_KEPT = 4096


class PasswordHasher:
    """Hashes with Argon2id and still verifies bcrypt.

    The work is done in threads, and leaves a core to all other requests, where there
    is more than one.
    """

    def __init__(self, settings: Settings) -> None:
        argon2 = Argon2Hasher(
            memory_cost=settings.ARGON2_MEMORY_KIB,
            time_cost=settings.ARGON2_PASSES,
            parallelism=settings.ARGON2_LANES,
        )
        self._hash = PasswordHash((argon2, BcryptHasher()))
        self._limiter = CapacityLimiter(max(1, (os.cpu_count() or 1) - 1))
        # Made at the start, so that the first unknown e-mail costs no more than others.
        self._nobody = self._hash.hash("nobody")

    async def hash_password(self, password: str) -> str:
        """Hash a password with a salt of its own."""
        return await to_thread.run_sync(
            self._hash.hash, password, limiter=self._limiter
        )

    async def verify_password(
        self, password: str, password_hash: str | None
    ) -> tuple[bool, str | None]:
        """Compare a password with a hash; give a new hash where the old is outdated.

        Without a hash (there is no such user) the same work is done, so that the
        time of the answer does not tell.
        """
        matches, renewed = await to_thread.run_sync(
            self._verify, password, password_hash or self._nobody, limiter=self._limiter
        )
        return (matches, renewed) if password_hash else (False, None)

    def _verify(self, password: str, password_hash: str) -> tuple[bool, str | None]:
        if not BcryptHasher.identify(password_hash):
            return self._hash.verify_and_update(password, password_hash)
        # bcrypt reads 72 bytes and its library refuses more.
        if self._hash.verify(password.encode()[:72], password_hash):
            return True, self._hash.hash(password)
        return False, None


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says.

    Attributes:
        subject: whose it is.
        version: the user's token version at the time of signing.
        family: of a refresh token, the sign-in that it descends from.
        expires: seconds since 1970.
    """

    subject: UUID
    version: int
    family: UUID | None
    expires: int


class TokenSigner:
    """Signs and reads JSON Web Tokens (RFC 7519), with keys for each kind."""

    def __init__(self, settings: Settings) -> None:
        self._read_access = lru_cache(TOKENS_KEPT)(partial(self._read, "access"))
        self._keys: dict[Kind, list[str]] = {
            "access": _secrets(settings.JWT_SECRET_KEY, settings.JWT_SECRET_KEY_OLD),
            "refresh": _secrets(
                settings.JWT_REFRESH_SECRET_KEY, settings.JWT_REFRESH_SECRET_KEY_OLD
            ),
        }
        self._algorithm = settings.JWT_ALGORITHM
        self._issuer = settings.JWT_ISSUER
        self._audience = settings.JWT_AUDIENCE
        self.access_lifetime = timedelta(
            minutes=settings.JWT_ACCESS_TOKEN_EXPIRE_MINUTES
        )
        self.refresh_lifetime = timedelta(days=settings.JWT_REFRESH_TOKEN_EXPIRE_DAYS)

    def create_access_token(
        self,
        subject: UUID,
        role: str = "user",
        version: int = 0,
        expires_delta: timedelta | None = None,
    ) -> str:
        """Sign a token that opens the API. The role in it is for clients to show."""
        lifetime = self.access_lifetime if expires_delta is None else expires_delta
        return self._sign("access", subject, version, lifetime, role=role)

    def create_refresh_token(
        self,
        subject: UUID,
        version: int = 0,
        family: UUID | None = None,
        expires_delta: timedelta | None = None,
    ) -> str:
        """Sign a token that can once be exchanged for new ones of its family."""
        lifetime = self.refresh_lifetime if expires_delta is None else expires_delta
        family = family or uuid4()
        return self._sign("refresh", subject, version, lifetime, fam=str(family))

    def decode_access_token(self, token: str) -> Claims:
        """Read an access token. What it says never changes, but for being expired.

        Raises:
            UnauthorizedException: it is altered, expired or of another kind.
        """
        claims = self._read_access(token)
        if claims.expires <= time():
            raise UnauthorizedException(INVALID)
        return claims

    def decode_refresh_token(self, token: str) -> Claims:
        """Read a refresh token.

        Raises:
            UnauthorizedException: it is altered, expired or of another kind.
        """
        return self._read("refresh", token)

    def _sign(
        self,
        kind: Kind,
        subject: UUID,
        version: int,
        lifetime: timedelta,
        **claims: str,
    ) -> str:
        now = datetime.now(UTC)
        key = self._keys[kind][0]
        payload: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(subject),
            "jti": uuid4().hex,
            "type": kind,
            "ver": version,
            "iat": now,
            "exp": now + lifetime,
        }
        return jwt.encode(
            payload | claims, key, self._algorithm, headers={"kid": key_id(key)}
        )

    def _read(self, kind: Kind, token: str) -> Claims:
        try:
            payload = self._verified(kind, token)
            family = UUID(payload["fam"]) if kind == "refresh" else None
            claims = Claims(
                UUID(payload["sub"]), int(payload["ver"]), family, int(payload["exp"])
            )
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            raise UnauthorizedException(INVALID) from None
        if payload["type"] != kind:
            raise UnauthorizedException("The token is of another kind")
        return claims

    def _verified(self, kind: Kind, token: str) -> dict[str, Any]:
        """Check the signature with the key that the token names, then the claims."""
        keys = {key_id(key): key for key in self._keys[kind]}
        payload: dict[str, Any] = jwt.decode(
            token,
            keys[jwt.get_unverified_header(token)["kid"]],
            algorithms=[self._algorithm],
            issuer=self._issuer,
            audience=self._audience,
            options={
                "require": ["iss", "aud", "sub", "jti", "type", "ver", "iat", "exp"]
            },
        )
        return payload


def key_id(key: str) -> str:
    """Name a key without telling it."""
    return sha256(key.encode()).hexdigest()[:16]


def new_token() -> str:
    """Make 256 random bits."""
    return token_urlsafe(32)


def token_hash(token: str) -> str:
    """Hash a token of high entropy, to be stored in its place."""
    return sha256(token.encode()).hexdigest()


def _secrets(*keys: SecretStr | None) -> list[str]:
    return [key.get_secret_value() for key in keys if key]
