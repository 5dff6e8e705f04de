"""Hashers that tests control."""

from collections.abc import Awaitable, Callable, Iterable

from app.core.security import PasswordHasher


class Watched(PasswordHasher):
    """A hasher that runs a callback before it hashes or verifies a password."""

    meanwhile: Callable[[], Awaitable[object]]

    async def hash_password(self, password: str) -> str:
        await self.meanwhile()
        return await super().hash_password(password)

    async def verify_password(
        self, password: str, password_hash: str | None, kinds: Iterable[str] = ()
    ) -> tuple[bool, str | None]:
        await self.meanwhile()
        return await super().verify_password(password, password_hash, kinds)
