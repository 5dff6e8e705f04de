"""How often something may be tried."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Protocol

from app.core.exceptions import TooManyRequestsException
from app.kit.renamed import renamed
from app.service.audit_service import AuditService
from app.service.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts in a window of time; the window starts at the first."""

    name: str
    attempts: int
    window: timedelta


QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)

# The tight one counts per e-mail *and* address: nobody locks out somebody elsewhere.
LOGIN = Limit("login", 5, QUARTER)
LOGIN_EMAIL = Limit("login-email", 100, QUARTER)
LOGIN_ADDRESS = Limit("login-address", 50, QUARTER)
REGISTER_ADDRESS = Limit("register-address", 20, HOUR)
TOKEN_ADDRESS = Limit("token-address", 20, HOUR)
MAIL_EMAIL = Limit("mail-email", 3, HOUR)
MAIL_ADDRESS = Limit("mail-address", 20, HOUR)


# A limit, and what is counted for it.
type Counted = tuple[Limit, *tuple[str, ...]]


class LimitStore(Protocol):
    """What this service needs of the place where attempts are counted."""

    async def hit(self, key: str, window: timedelta) -> tuple[int, int]: ...
    async def undo(self, key: str) -> None: ...
    async def forget(self, *keys: str) -> None: ...


class LimitService:
    """Counts attempts from one address, each before it is tried.

    Counts are committed at once: so they survive a refusal, and many attempts at once
    do not pass. Count before anything is written that is to be undone with the rest.
    Every limit is multiplied by the factor.
    """

    def __init__(
        self,
        store: LimitStore,
        unit: UnitOfWork,
        audit: AuditService,
        address: str,
        factor: int = 1,
    ) -> None:
        self._store = store
        self._unit = unit
        self._audit = audit
        self._address = _network(address)
        self._factor = factor

    async def count_login(self, email: str) -> None:
        """Count a login.

        Raises:
            TooManyRequestsException: enough, for now.
        """
        await self._count(
            (LOGIN_ADDRESS, self._address),
            (LOGIN, self._address, email),
            (LOGIN_EMAIL, email),
        )

    async def login_succeeded(self, email: str) -> None:
        """Count only the wrong ones."""
        await self._store.undo(_key(LOGIN_ADDRESS, self._address))
        await self._store.forget(
            _key(LOGIN, self._address, email), _key(LOGIN_EMAIL, email)
        )

    async def password_was_reset(self, email: str) -> None:
        """Let somebody in who was locked out by others."""
        await self._store.forget(
            _key(LOGIN, self._address, email), _key(LOGIN_EMAIL, email)
        )

    async def count_registration(self) -> None:
        """Count a registration.

        Raises:
            TooManyRequestsException: enough, for now.
        """
        await self._count((REGISTER_ADDRESS, self._address))

    async def count_mail_token(self) -> None:
        """Count the use of a token of a mail, good or not.

        Raises:
            TooManyRequestsException: enough, for now.
        """
        await self._count((TOKEN_ADDRESS, self._address))

    async def count_mail(self, email: str) -> None:
        """Count a mail that somebody asks for, whether or not it will be sent.

        Raises:
            TooManyRequestsException: enough, for now.
        """
        await self._count((MAIL_ADDRESS, self._address), (MAIL_EMAIL, email))

    async def _count(self, *counted: Counted) -> None:
        """Count for one limit after the other, up to the first that is exceeded."""
        error = None
        for limit, *parts in counted:
            count, seconds = await self._store.hit(_key(limit, *parts), limit.window)
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
        # Once in a window: a flood must not fill the record.
        if count == allowed + 1:
            error.remembering(self._audit.refusal(limit.name))
        return error

    login = renamed(count_login)
    register = renamed(count_registration)
    mail = renamed(count_mail)
    mail_token = renamed(count_mail_token)


def _network(address: str) -> str:
    """Take what one customer of a provider has as one: of IPv6, a /64."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((ip, 64), strict=False)) if ip.version == 6 else address


def _key(limit: Limit, *parts: str) -> str:
    """Hash what is counted: the table names nobody."""
    return sha256("\n".join((limit.name, *parts)).lower().encode()).hexdigest()
