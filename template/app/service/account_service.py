"""What people do with their own account."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from app.core.config import Settings
from app.core.exceptions import BadRequestException, ConflictException
from app.core.mail import Mail, Outbox
from app.core.security import PasswordHasher, new_token, token_hash
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.domain.roles import Role
from app.domain.schemas.account import AccountUpdate, RegisterRequest
from app.service.audit_service import AuditService
from app.service.limit_service import LimitService
from app.service.password_service import MailTokenStore
from app.service.precondition import Seen, check_seen

TAKEN = "This e-mail is already registered"


class AccountStore(Protocol):
    """What this service needs of the place where users are kept."""

    async def get_by_id(self, id: UUID) -> User | None: ...
    async def get_for_update(self, id: UUID) -> User | None: ...
    async def get_by_email(self, email: str) -> User | None: ...
    async def create(self, entity: User) -> User: ...
    async def update_by_id(
        self, id: UUID, values: Mapping[str, Any]
    ) -> User | None: ...


class AccountService:
    """The use cases of one's own account."""

    def __init__(
        self,
        accounts: AccountStore,
        mail_tokens: MailTokenStore,
        passwords: PasswordHasher,
        limits: LimitService,
        audit: AuditService,
        outbox: Outbox,
        settings: Settings,
    ) -> None:
        self._accounts = accounts
        self._mail_tokens = mail_tokens
        self._passwords = passwords
        self._limits = limits
        self._audit = audit
        self._outbox = outbox
        self._settings = settings

    async def register(self, data: RegisterRequest) -> User:
        """Create an account without rights, and mail a link to verify the address.

        Raises:
            ConflictException: the e-mail is taken.
            TooManyRequestsException: too many from this address.
        """
        await self._limits.register()
        # Before the first query: no connection is held while it takes its time.
        password_hash = await self._passwords.hash_password(data.password)
        user = await self._accounts.create(
            User(
                email=data.email,
                password_hash=password_hash,
                full_name=data.full_name,
                role=Role.USER,
            )
        )
        await self._audit.done("register", actor=user.id, subject=user.id)
        await self._ask_to_verify(user, user.email)
        return user

    async def update(self, user: User, data: AccountUpdate, seen: Seen = None) -> User:
        """Change the name; ask a new address to be verified before it counts.

        Raises:
            BadRequestException: for a new e-mail the password is missing or wrong.
            ConflictException: the e-mail is taken.
            PreconditionFailedException: the caller has seen another state.
            TooManyRequestsException: wrong passwords, or mails, too often.
        """
        await check_seen(self._accounts, user.id, seen)
        values = data.model_dump(exclude_unset=True, include={"full_name"})
        if "email" in data.model_fields_set and data.email != user.email:
            await self._check_password(user, data.password)
            await self._check_free(user, data.email)
            await self._limits.mail(data.email)
            await self._ask_to_verify(user, data.email)
        if values:
            user = await self._accounts.update_by_id(user.id, values) or user
            await self._audit.done(
                "update-account", actor=user.id, subject=user.id, fields=values
            )
        return user

    async def resend(self, email: str) -> None:
        """Mail a new link to a user whose address is not verified, if there is one."""
        user = await self._accounts.get_by_email(email)
        if user is not None and user.is_active and user.email_verified_at is None:
            await self._ask_to_verify(user, user.email)

    async def verify(self, token: str) -> None:
        """Verify the address that a mail went to; a new one becomes the user's now.

        Raises:
            BadRequestException: the token was used, is too old, or never was.
            ConflictException: somebody registered the e-mail in the meantime.
            TooManyRequestsException: too many tokens from this address.
        """
        await self._limits.mail_token()
        taken = await self._mail_tokens.take(token_hash(token), Purpose.VERIFY)
        user = await self._accounts.get_by_id(taken.user_id) if taken else None
        if taken is None or user is None or not user.is_active:
            raise await self._audit.refused(
                BadRequestException("The link is no longer good"), "verify-email"
            )
        old = user.email
        values = {"email": taken.email, "email_verified_at": datetime.now(UTC)}
        await self._accounts.update_by_id(user.id, values)
        await self._audit.done(
            "verify-email", actor=user.id, subject=user.id, fields=values
        )
        if taken.email != old:
            # A link to the old address must not open the account any more.
            await self._mail_tokens.end_all(user.id)
            text = f"Your account uses {taken.email} now. Was it not you? Write us.\n"
            self._outbox(Mail(old, "Your e-mail address was changed", text))

    async def _check_password(self, user: User, password: str | None) -> None:
        await self._limits.login(user.email)
        fits, _ = await self._passwords.verify_password(
            password or "", user.password_hash
        )
        if not fits:
            raise await self._audit.refused(
                BadRequestException("A new e-mail needs your password"),
                "change-email",
                actor=user.id,
                subject=user.id,
            )
        await self._limits.login_succeeded(user.email)

    async def _check_free(self, user: User, email: str) -> None:
        other = await self._accounts.get_by_email(email)
        if other is not None and other.id != user.id:
            raise ConflictException(TAKEN)

    async def _ask_to_verify(self, user: User, email: str) -> None:
        token = new_token()
        hours = self._settings.VERIFY_EMAIL_EXPIRE_HOURS
        await self._mail_tokens.end_all(user.id, Purpose.VERIFY)
        await self._mail_tokens.add(
            token_hash(token),
            user.id,
            Purpose.VERIFY,
            email,
            datetime.now(UTC) + timedelta(hours=hours),
        )
        # Behind #, so that neither servers nor other sites get to see the token.
        link = f"{self._settings.PUBLIC_URL}/verify-email#token={token}"
        text = f"Open this within {hours} hours:\n\n{link}\n"
        self._outbox(Mail(email, "Verify your e-mail address", text))
