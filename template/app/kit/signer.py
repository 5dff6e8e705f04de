"""Signatures of data that the service has issued or seen."""

import hmac
from hashlib import sha256

from app.core.config import Settings
from app.kit.renamed import renamed


class Signer:
    """HMAC-SHA256 (RFC 2104) under a key for one purpose.

    Keys come from JWT_SECRET_KEY; signatures by JWT_SECRET_KEY_OLD are still valid.
    """

    def __init__(self, settings: Settings, purpose: str) -> None:
        secrets = (settings.JWT_SECRET_KEY, settings.JWT_SECRET_KEY_OLD)
        self._keys = [
            hmac.digest(secret.get_secret_value().encode(), purpose.encode(), sha256)
            for secret in secrets
            if secret is not None
        ]

    def sign(self, data: bytes) -> bytes:
        """Return the signature of data, 32 bytes."""
        return hmac.digest(self._keys[0], data, sha256)

    def all(self, data: bytes) -> list[bytes]:
        """Return the signatures of data by each key, the current one first."""
        return [hmac.digest(key, data, sha256) for key in self._keys]

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Return whether the signature is valid for the data; in constant time."""
        return any(hmac.compare_digest(signature, own) for own in self.all(data))

    make = renamed(sign)
    fits = renamed(verify)
