"""Rate limits of logins, registrations and mails."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Protocol

from app.core.exceptions import TooManyRequestsException
from app.kit.renamed import renamed
from app.kit.turns import Turns
from app.service.audit_service import AuditService
from app.service.ports import UnitOfWork
from app.utils.emails import canonical_email


@dataclass(frozen=True, slots=True)
class Limit:
    """The attempts allowed in a window that starts at the first attempt."""

    name: str
    attempts: int
    window: timedelta


QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)

# The strictest limit is per e-mail and address: nobody can lock out others.
LOGIN = Limit("login", 5, QUARTER)
LOGIN_EMAIL = Limit("login-email", 100, QUARTER)
LOGIN_ADDRESS = Limit("login-address", 50, QUARTER)
REGISTER_ADDRESS = Limit("register-address", 20, HOUR)
TOKEN_ADDRESS = Limit("token-address", 20, HOUR)
MAIL_EMAIL = Limit("mail-email", 3, HOUR)
MAIL_ADDRESS = Limit("mail-address", 20, HOUR)


# A limit, and the values that its key is made of.
type Counted = tuple[Limit, *tuple[str, ...]]


class LimitStore(Protocol):
    """The storage of counters."""

    async def hit(self, key: str, window: timedelta) -> tuple[int, int]: ...
    async def undo(self, key: str) -> None: ...
    async def forget(self, *keys: str) -> None: ...


class LimitService:
    """The rate limits of one client address. Attempts are counted before they are made.

    Counts are committed at once: they survive a refusal, and concurrent attempts
    cannot pass a limit. Count before other writes, which the commit would include.
    Requests count in turns: a flood, which waits for the locks of a few counters, must
    not take all connections. Every limit is multiplied by `factor`.
    """

    def __init__(
        self,
        store: LimitStore,
        unit: UnitOfWork,
        audit: AuditService,
        address: str,
        turns: Turns,
        factor: int = 1,
    ) -> None:
        self._store = store
        self._unit = unit
        self._audit = audit
        self._address = _network(address)
        self._turns = turns
        self._factor = factor

    async def count_login(self, email: str) -> None:
        """Count a login attempt.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        email = canonical_email(email)
        await self._count(
            (LOGIN_ADDRESS, self._address),
            (LOGIN, self._address, email),
            (LOGIN_EMAIL, email),
        )

    async def login_succeeded(self, email: str) -> None:
        """Take a successful login off the count; reset the limits of its e-mail."""
        await self._store.undo(_key(LOGIN_ADDRESS, self._address))
        await self._forget_logins(email)

    async def password_was_reset(self, email: str) -> None:
        """Reset the login limits of an e-mail that others may have exhausted."""
        await self._forget_logins(email)

    async def count_registration(self) -> None:
        """Count a registration.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        await self._count((REGISTER_ADDRESS, self._address))

    async def count_mail_token(self) -> None:
        """Count the use of a mail token, valid or not.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        await self._count((TOKEN_ADDRESS, self._address))

    async def count_mail(self, email: str) -> None:
        """Count a requested mail, whether or not it is sent.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        await self._count(
            (MAIL_ADDRESS, self._address), (MAIL_EMAIL, canonical_email(email))
        )

    async def _forget_logins(self, email: str) -> None:
        email = canonical_email(email)
        await self._store.forget(
            _key(LOGIN, self._address, email), _key(LOGIN_EMAIL, email)
        )

    async def _count(self, *counted: Counted) -> None:
        """Count toward each limit, up to the first that is exceeded."""
        error = None
        await self._unit.release()
        async with self._turns.take():
            for limit, *parts in counted:
                key = _key(limit, *parts)
                count, seconds = await self._store.hit(key, limit.window)
                if error := self._refusal(limit, count, seconds):
                    break
            await self._unit.commit()
        if error:
            raise error

    def _refusal(
        self, limit: Limit, count: int, seconds: int
    ) -> TooManyRequestsException | None:
        allowed = limit.attempts * self._factor
        if count <= allowed:
            return None
        error = TooManyRequestsException(max(seconds, 1))
        # Once per window: a flood of attempts must not fill the audit log.
        if count == allowed + 1:
            error.remembering(self._audit.refusal(limit.name))
        return error

    login = renamed(count_login)
    register = renamed(count_registration)
    mail = renamed(count_mail)
    mail_token = renamed(count_mail_token)


def _network(address: str) -> str:
    """Return the /64 of an IPv6 address: one customer has all of it."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((ip, 64), strict=False)) if ip.version == 6 else address


def _key(limit: Limit, *parts: str) -> str:
    """Hash the values: the table must not contain e-mails or addresses."""
    return sha256("\n".join((limit.name, *parts)).encode()).hexdigest()
