"""Devices and addresses that an account was used from."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Protocol

from app.utils.addresses import UNKNOWN

# From the registration, the last login, refresh or reset of the password on.
KNOWN_FOR = timedelta(days=30)


class MarkStore(Protocol):
    """The storage of marks that expire."""

    async def mark(self, window: timedelta, *keys: str) -> None: ...
    async def marked(self, *keys: str) -> set[str]: ...


@dataclass(frozen=True, slots=True)
class Client:
    """A client, with the id of its device if the account knows that.

    Attributes:
        is_known: the account knows the device or the address.
    """

    device: str = ""
    is_known: bool = False


class DeviceService:
    """The devices and addresses that each account knows.

    A device is a random id in a cookie. It gives no access, only its own rate limit.
    """

    def __init__(self, store: MarkStore, address: str) -> None:
        self._store = store
        self._address = address

    async def recognise(self, email: str, device: str) -> Client:
        """Return how the account of an e-mail knows the client, if it does."""
        by_device, by_address = self._keys(email, device)
        marked = await self._store.marked(by_device, by_address)
        if device and by_device in marked:
            return Client(device, is_known=True)
        return Client(is_known=by_address in marked and self._address != UNKNOWN)

    async def remember(self, email: str, device: str) -> None:
        """Let the account know the address and, if it has an id, the device."""
        by_device, by_address = self._keys(email, device)
        keys = [by_device, by_address] if device else [by_address]
        await self._store.mark(KNOWN_FOR, *keys)

    def _keys(self, email: str, device: str) -> tuple[str, str]:
        return (
            hashed_key("known-device", device, email),
            hashed_key("known-address", self._address, email),
        )


def hashed_key(name: str, *parts: str) -> str:
    """Hash the values: the table must not contain e-mails or addresses."""
    return sha256("\n".join((name, *parts)).lower().encode()).hexdigest()
