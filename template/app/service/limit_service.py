"""Rate limits of logins, registrations and mails."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from app.core.exceptions import TooManyRequestsException
from app.kit.renamed import renamed
from app.kit.turns import Turns
from app.service.audit_service import AuditService
from app.service.device_service import Client, DeviceService, MarkStore, hashed_key
from app.service.ports import UnitOfWork
from app.utils.addresses import customer_network, provider_network
from app.utils.emails import canonical_email


@dataclass(frozen=True, slots=True)
class Limit:
    """The attempts allowed in a window that starts at the first attempt."""

    name: str
    attempts: int
    window: timedelta


QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# Per address and e-mail; per address.
LOGIN = Limit("login", 5, QUARTER)
LOGIN_ADDRESS = Limit("login-address", 50, QUARTER)
# Per e-mail. 24 hours meet two windows: all strangers, also those at an address that
# the account knows, get 2 * (20 + 30) wrong passwords.
LOGIN_KNOWN = Limit("login-known", 20, DAY)
LOGIN_EMAIL = Limit("login-email", 30, DAY)
# Per provider's network and e-mail, so that one cannot use up what all strangers have.
LOGIN_NETWORK = Limit("login-network", 10, DAY)
# Per known device and e-mail; per e-mail, because one who had access once may have made
# any number of devices known.
LOGIN_DEVICE = Limit("login-device", 20, DAY)
LOGIN_DEVICES = Limit("login-devices", 50, DAY)
# Of the signed-in user, per address and e-mail; per e-mail.
CONFIRM = Limit("confirm-password", 5, QUARTER)
CONFIRM_EMAIL = Limit("confirm-password-email", 20, DAY)
REGISTER_ADDRESS = Limit("register-address", 20, HOUR)
TOKEN_ADDRESS = Limit("token-address", 20, HOUR)
MAIL_ADDRESS = Limit("mail-address", 20, HOUR)
# Per e-mail: of a known device or address; of a network; of all strangers.
MAIL_KNOWN = Limit("mail-known", 3, HOUR)
MAIL_NETWORK = Limit("mail-network", 3, HOUR)
MAIL_EMAIL = Limit("mail-email", 12, DAY)
NOTICE_EMAIL = Limit("notice-email", 3, HOUR)
# A right password resets these: only its owner uses them up, or one at their address.
OWN = (LOGIN, LOGIN_DEVICE, CONFIRM)

# A limit, and the key of a counter.
type Counted = tuple[Limit, str]


class LimitStore(MarkStore, Protocol):
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
        self._address = customer_network(address)
        self._network = provider_network(address)
        self._devices = DeviceService(store, self._address)
        self._turns = turns
        self._factor = factor
        self._counted: list[Counted] = []

    async def count_login(self, email: str, device: str = "") -> None:
        """Count a login attempt.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        email = canonical_email(email)
        client = await self._devices.recognise(email, device)
        self._counted = self._of_login(email, client)
        await self._count(*self._counted)

    async def count_password(self, email: str) -> None:
        """Count an attempt of a signed-in user, apart from logins.

        Others at an address that the account knows must not keep the user from changing
        the password.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        self._counted = self._of_password(canonical_email(email))
        await self._count(*self._counted)

    async def login_succeeded(self, email: str, device: str = "") -> None:
        """Take the attempt off the counts, and remember the client.

        What strangers have used up stays: their guesses were wrong.
        """
        # In the order in which they were counted, so that no two logins deadlock.
        for limit, key in self._counted:
            if limit in OWN:
                await self._store.forget(key)
            else:
                await self._store.undo(key)
        await self.remember(email, device)

    async def remember(self, email: str, device: str) -> None:
        """Let the account of an e-mail know the client for 30 days."""
        await self._devices.remember(canonical_email(email), device)

    async def password_was_reset(self, email: str, device: str = "") -> None:
        """Reset the limits that others may have exhausted, and remember the client."""
        email = canonical_email(email)
        own = [_per(LOGIN_DEVICE, device, email), _per(LOGIN, self._address, email)]
        shared = [_per(LOGIN_KNOWN, email), _per(LOGIN_NETWORK, self._network, email)]
        shared += [_per(LOGIN_EMAIL, email), _per(LOGIN_DEVICES, email)]
        for _, key in (*own, *shared, *self._of_password(email)):
            await self._store.forget(key)
        await self.remember(email, device)

    async def count(self, limit: Limit, *values: str) -> None:
        """Count an attempt toward a limit, apart for each of the values.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        await self._count(_per(limit, *values))

    async def count_registration(self) -> None:
        """Count a registration.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        await self.count(REGISTER_ADDRESS, self._address)

    async def count_mail_token(self) -> None:
        """Count the use of a mail token, valid or not.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        await self.count(TOKEN_ADDRESS, self._address)

    async def count_mail(self, email: str, device: str = "") -> None:
        """Count a requested mail, whether or not it is sent.

        Raises:
            TooManyRequestsException: the limit is exceeded.
        """
        email = canonical_email(email)
        client = await self._devices.recognise(email, device)
        by_address = _per(MAIL_ADDRESS, self._address)
        if client.device:
            await self._count(_per(MAIL_KNOWN, client.device, email))
        elif client.is_known:
            await self._count(by_address, _per(MAIL_KNOWN, self._address, email))
        else:
            by_network = _per(MAIL_NETWORK, self._network, email)
            await self._count(by_address, by_network, _per(MAIL_EMAIL, email))

    def _of_login(self, email: str, client: Client) -> list[Counted]:
        if client.device:
            by_device = _per(LOGIN_DEVICE, client.device, email)
            return [by_device, _per(LOGIN_DEVICES, email)]
        by_address = _per(LOGIN_ADDRESS, self._address)
        own = _per(LOGIN, self._address, email)
        if client.is_known:
            return [by_address, own, _per(LOGIN_KNOWN, email)]
        by_network = _per(LOGIN_NETWORK, self._network, email)
        return [by_address, own, by_network, _per(LOGIN_EMAIL, email)]

    def _of_password(self, email: str) -> list[Counted]:
        return [_per(CONFIRM, self._address, email), _per(CONFIRM_EMAIL, email)]

    async def allows_notice(self, email: str) -> bool:
        """Count a mail about a changed login; return whether to send it.

        The count is committed with the change. Requests for links, which anyone can
        make, do not count.
        """
        limit, key = _per(NOTICE_EMAIL, canonical_email(email))
        count, _ = await self._store.hit(key, limit.window)
        return count <= limit.attempts * self._factor

    async def _count(self, *counted: Counted) -> None:
        """Count toward each limit, up to the first that is exceeded."""
        error = None
        await self._unit.release()
        async with self._turns.take():
            for limit, key in counted:
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


def _per(limit: Limit, *values: str) -> Counted:
    """Return a limit with the key of the counter for these values."""
    return limit, hashed_key(limit.name, *values)
