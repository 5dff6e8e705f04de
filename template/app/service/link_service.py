"""Links in mails: single-use, with an expiry."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from app.core.config import Settings
from app.core.exceptions import InvalidInputException
from app.core.security import new_token, token_hash
from app.domain.jobs.account import ForgotPassword, ResendVerification, SendLink
from app.domain.models.mail_token import MailToken
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.kit.mail import Mail
from app.kit.renamed import renamed
from app.kit.signer import Signer
from app.service.ports import JobStore, UserStore

UNREACHABLE = "Mail cannot reach this address: use ASCII characters before the @"
REQUESTS = {Purpose.RESET: ForgotPassword, Purpose.VERIFY: ResendVerification}


class MailTokenStore(Protocol):
    """The storage of mail tokens."""

    async def add(
        self,
        token_hash: str,
        user_id: UUID,
        purpose: Purpose,
        email: str,
        expires_at: datetime,
    ) -> None: ...
    async def get(self, token_hash: str) -> MailToken | None: ...
    async def take(self, token_hash: str, purpose: Purpose) -> MailToken | None: ...
    async def revoke_all(
        self, user_id: UUID, purpose: Purpose | None = None
    ) -> None: ...


class LinkService:
    """The links in mails.

    A token is the signature of a random seed. The queue and the database contain
    nothing that opens an account, and each retry of a mail sends the same link.
    """

    def __init__(
        self,
        users: UserStore,
        tokens: MailTokenStore,
        jobs: JobStore,
        signer: Signer,
        settings: Settings,
    ) -> None:
        self._users = users
        self._tokens = tokens
        self._jobs = jobs
        self._signer = signer
        self._settings = settings

    def check_reachable(self, email: str) -> None:
        """Check that the mail server takes this e-mail; the log takes any.

        Raises:
            InvalidInputException: the server offers no SMTPUTF8 (RFC 6531).
        """
        takes_any = self._settings.SMTP_HOST is None or self._settings.SMTP_UTF8
        if not (takes_any or email.rpartition("@")[0].isascii()):
            raise InvalidInputException("body.email", UNREACHABLE)

    async def request(self, email: str, purpose: Purpose) -> None:
        """Queue the lookup of the user: response times must not reveal accounts."""
        await self._jobs.add(REQUESTS[purpose](email=email))

    async def send_to(self, email: str, purpose: Purpose) -> None:
        """Mail a link to the user with this e-mail, if one exists and needs it."""
        user = await self._users.get_by_email(email)
        if user is None or not user.is_active:
            return
        if purpose == Purpose.RESET or user.email_verified_at is None:
            await self.send(user, user.email, purpose)

    async def send(self, user: User, email: str, purpose: Purpose) -> None:
        """Mail a link to an address, and revoke the previous one."""
        seed = new_token()
        hashed = token_hash(_token(self._signer.sign(seed.encode())))
        await self._tokens.revoke_all(user.id, purpose)
        await self._tokens.add(
            hashed, user.id, purpose, email, datetime.now(UTC) + self._lifetime(purpose)
        )
        await self._jobs.add(SendLink(token_hash=hashed, seed=seed))

    async def write(self, hashed: str, seed: str) -> Mail | None:
        """Return the mail, or None if its link is expired or revoked."""
        row = await self._tokens.get(hashed)
        made = (_token(digest) for digest in self._signer.all(seed.encode()))
        token = next((token for token in made if token_hash(token) == hashed), None)
        if row is None or token is None:
            return None
        # In the fragment, which browsers send neither to servers nor as a referrer.
        link = f"{self._settings.PUBLIC_URL}/{row.purpose.value}#token={token}"
        if row.purpose == Purpose.VERIFY:
            hours = self._settings.VERIFY_EMAIL_EXPIRE_HOURS
            text = f"Open this link within {hours} hours:\n\n{link}\n"
            return Mail(row.email, "Verify your e-mail address", text)
        minutes = self._settings.RESET_PASSWORD_EXPIRE_MINUTES
        text = f"Choose a new password within {minutes} minutes:\n\n{link}\n"
        return Mail(row.email, "Choose a new password", text)

    async def find(self, token: str, purpose: Purpose) -> MailToken | None:
        """Return a valid token without using it."""
        row = await self._tokens.get(token_hash(token))
        return row if row is not None and row.purpose == purpose else None

    async def take(self, token: str, purpose: Purpose) -> MailToken | None:
        """Use a token, and return it if it was valid."""
        return await self._tokens.take(token_hash(token), purpose)

    async def revoke_all(self, user: User) -> None:
        """Revoke all links of a user."""
        await self._tokens.revoke_all(user.id)

    def _lifetime(self, purpose: Purpose) -> timedelta:
        if purpose == Purpose.VERIFY:
            return timedelta(hours=self._settings.VERIFY_EMAIL_EXPIRE_HOURS)
        return timedelta(minutes=self._settings.RESET_PASSWORD_EXPIRE_MINUTES)

    end_all = renamed(revoke_all)


def _token(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
