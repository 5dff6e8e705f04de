"""Keyed hashes, by which the service knows again what it gave out or has seen."""

import hmac
from hashlib import sha256

from app.core.config import Settings


class Seal:
    """HMAC-SHA256 (RFC 2104) under a key for one purpose.

    Keys come from JWT_SECRET_KEY; what JWT_SECRET_KEY_OLD made still fits.
    """

    def __init__(self, settings: Settings, purpose: str) -> None:
        secrets = (settings.JWT_SECRET_KEY, settings.JWT_SECRET_KEY_OLD)
        self._keys = [
            hmac.digest(secret.get_secret_value().encode(), purpose.encode(), sha256)
            for secret in secrets
            if secret is not None
        ]

    def make(self, data: bytes) -> bytes:
        """Give the 32 bytes that belong to some data."""
        return hmac.digest(self._keys[0], data, sha256)

    def all(self, data: bytes) -> list[bytes]:
        """Give what any of the keys makes of some data, the present one first."""
        return [hmac.digest(key, data, sha256) for key in self._keys]

    def fits(self, data: bytes, made: bytes) -> bool:
        """Tell whether these bytes were made for the data; in constant time."""
        own = self.all(data)
        return any(hmac.compare_digest(made, digest) for digest in own)
