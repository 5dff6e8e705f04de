"""Passwords and tokens; all secrets are passed in."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from secrets import token_urlsafe
from time import time
from typing import Any, Literal, Self
from uuid import UUID, uuid4

import jwt
from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher
from pydantic import SecretStr

from app.core.config import Settings
from app.core.exceptions import ServiceUnavailableException, UnauthorizedException
from app.core.hashes import argon2_kind, hash_kind, hash_of_nobody
from app.core.refresh_claims import RefreshClaims

Kind = Literal["access", "refresh"]
INVALID = "The token is invalid or has expired"
BUSY = "Too many requests with a password at the moment"
# Tolerated difference between clocks, in seconds (RFC 7519, section 4.1.4).
LEEWAY = 60
# Size of the cache of verified access tokens.
TOKENS_KEPT = 4096

_has_place: ContextVar[bool] = ContextVar("has_place", default=False)


class PasswordHasher:
    """Argon2id hasher that also verifies bcrypt hashes.

    Hashing runs in threads and, with several cores, leaves one to other requests. A
    limited number of requests waits for a thread.
    """

    def __init__(self, settings: Settings) -> None:
        memory, passes = settings.ARGON2_MEMORY_KIB, settings.ARGON2_PASSES
        lanes = settings.ARGON2_LANES
        argon2 = Argon2Hasher(memory_cost=memory, time_cost=passes, parallelism=lanes)
        self._hash = PasswordHash((argon2, BcryptHasher()))
        self._kind = argon2_kind(memory=memory, passes=passes, lanes=lanes)
        threads = max(1, (os.cpu_count() or 1) - 1)
        self._limiter = CapacityLimiter(threads)
        self._places = threads + settings.HASH_QUEUE_SIZE

    @contextmanager
    def queued(self) -> Iterator[None]:
        """Reserve a place in the queue for what is hashed in the block.

        Hashing reserves one by itself. Reserve it earlier where attempts are counted:
        what finds the queue full must not count.

        Raises:
            ServiceUnavailableException: the queue is full.
        """
        if _has_place.get():
            yield
            return
        if not self._places:
            raise ServiceUnavailableException(BUSY)
        self._places -= 1
        token = _has_place.set(True)
        try:
            yield
        finally:
            _has_place.reset(token)
            self._places += 1

    async def hash_password(self, password: str) -> str:
        """Hash a password with a random salt.

        Raises:
            ServiceUnavailableException: the queue is full.
        """
        return await self._in_thread(self._hash.hash, password)

    async def verify_password(
        self, password: str, password_hash: str | None, kinds: Iterable[str] = ()
    ) -> tuple[bool, str | None]:
        """Verify a password; return a new hash if the old one is outdated.

        The response time must reveal neither who exists nor whose hash is outdated: the
        password is hashed once in each kind that users have, and never matches a
        missing hash.

        Args:
            password: as typed.
            password_hash: the user's, or None if the user does not exist.
            kinds: the kinds of all users' hashes; see `hash_kind`.

        Raises:
            ServiceUnavailableException: the queue is full.
        """
        own = hash_kind(password_hash)
        others = {self._kind, *kinds} - {own}
        known = password_hash if own else None
        return await self._in_thread(self._verify, password, known, others)

    async def _in_thread[Result](
        self, work: Callable[..., Result], *args: Any
    ) -> Result:
        with self.queued():
            return await to_thread.run_sync(work, *args, limiter=self._limiter)

    def _verify(
        self, password: str, password_hash: str | None, others: Iterable[str]
    ) -> tuple[bool, str | None]:
        for kind in others:
            self._matches(password, hash_of_nobody(kind))
        if password_hash is None or not self._matches(password, password_hash):
            return False, None
        is_current = hash_kind(password_hash) == self._kind
        return True, None if is_current else self._hash.hash(password)

    def _matches(self, password: str, password_hash: str) -> bool:
        # bcrypt reads 72 bytes and its library refuses more.
        most = 72 if BcryptHasher.identify(password_hash) else None
        try:
            return self._hash.verify(password.encode()[:most], password_hash)
        except (UnknownHashError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of an access token.

    Attributes:
        subject: the user's id.
        version: the user's token version at the time of signing.
        expires: Unix time in seconds.
    """

    subject: UUID
    version: int
    expires: int

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """Read the claims of a verified token."""
        return cls(UUID(payload["sub"]), int(payload["ver"]), int(payload["exp"]))


class TokenSigner:
    """Signer and verifier of JSON Web Tokens (RFC 7519), with keys for each kind."""

    def __init__(self, settings: Settings) -> None:
        self._read_access = lru_cache(TOKENS_KEPT)(
            partial(self._read, "access", Claims.from_payload)
        )
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
        self.session_lifetime = timedelta(days=settings.SESSION_EXPIRE_DAYS)
        self.refresh_lifetime = min(
            timedelta(days=settings.JWT_REFRESH_TOKEN_EXPIRE_DAYS),
            self.session_lifetime,
        )
        self.refresh_grace = timedelta(seconds=settings.JWT_REFRESH_GRACE_SECONDS)

    def create_access_token(
        self,
        subject: UUID,
        role: str = "user",
        version: int = 0,
        expires_delta: timedelta | None = None,
    ) -> str:
        """Sign an access token. Its role is only for clients to show."""
        lifetime = self.access_lifetime if expires_delta is None else expires_delta
        now = datetime.now(UTC)
        claims = {
            "sub": str(subject),
            "jti": uuid4().hex,
            "ver": version,
            "iat": now,
            "exp": now + lifetime,
            "role": role,
        }
        return self._sign("access", self._keys["access"][0], claims)

    def create_refresh_token(
        self, subject: UUID, version: int = 0, expires_delta: timedelta | None = None
    ) -> str:
        """Sign the first refresh token of a session."""
        lifetime = self.refresh_lifetime if expires_delta is None else expires_delta
        claims = RefreshClaims.first(subject, version, lifetime)
        return self.sign_refresh_token(claims)[0]

    def sign_refresh_token(self, claims: RefreshClaims) -> list[str]:
        """Sign a refresh token with each key, the current one first."""
        payload = claims.to_payload()
        return [self._sign("refresh", key, payload) for key in self._keys["refresh"]]

    def decode_access_token(self, token: str) -> Claims:
        """Verify an access token. The claims are cached; expiry is checked each time.

        Raises:
            UnauthorizedException: the token is invalid, expired or of another kind.
        """
        claims = self._read_access(token)
        if claims.expires + LEEWAY <= time():
            raise UnauthorizedException(INVALID)
        return claims

    def decode_refresh_token(self, token: str) -> RefreshClaims:
        """Verify a refresh token.

        Raises:
            UnauthorizedException: the token is invalid, expired or of another kind.
        """
        return self._read("refresh", RefreshClaims.from_payload, token)

    def _sign(self, kind: Kind, key: str, claims: Mapping[str, Any]) -> str:
        issuer = {"iss": self._issuer, "aud": self._audience, "type": kind}
        headers = {"kid": key_id(key)}
        return jwt.encode({**issuer, **claims}, key, self._algorithm, headers)

    def _read[Read](
        self, kind: Kind, read: Callable[[Mapping[str, Any]], Read], token: str
    ) -> Read:
        try:
            payload = self._verified(kind, token)
            claims = read(payload)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError):
            raise UnauthorizedException(INVALID) from None
        if payload["type"] != kind:
            raise UnauthorizedException("The token is of the wrong type")
        return claims

    def _verified(self, kind: Kind, token: str) -> dict[str, Any]:
        """Verify the signature with the key that the token names, then the claims."""
        keys = {key_id(key): key for key in self._keys[kind]}
        payload: dict[str, Any] = jwt.decode(
            token,
            keys[jwt.get_unverified_header(token)["kid"]],
            algorithms=[self._algorithm],
            issuer=self._issuer,
            audience=self._audience,
            leeway=LEEWAY,
            options={
                "require": ["iss", "aud", "sub", "jti", "type", "ver", "iat", "exp"],
                # The clock of the machine that issued the token may be ahead.
                "verify_iat": False,
            },
        )
        return payload


def key_id(key: str) -> str:
    """Return an id of a key that does not reveal it."""
    return sha256(key.encode()).hexdigest()[:16]


def new_token() -> str:
    """Return 256 random bits as text."""
    return token_urlsafe(32)


def token_hash(token: str) -> str:
    """Hash a high-entropy token for storage."""
    return sha256(token.encode()).hexdigest()


def _secrets(*keys: SecretStr | None) -> list[str]:
    return [key.get_secret_value() for key in keys if key]
