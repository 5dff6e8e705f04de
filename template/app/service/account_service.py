"""What people do with their own account."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from app.core.exceptions import BadRequestException, ConflictException
from app.core.security import PasswordHasher
from app.domain.jobs.account import SendMail
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.domain.roles import Role
from app.domain.schemas.account import AccountUpdate, RegisterRequest
from app.service.audit_service import AuditService
from app.service.limit_service import LimitService
from app.service.link_service import JobStore, LinkService
from app.service.precondition import IfMatch, check_if_match

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
        links: LinkService,
        jobs: JobStore,
        passwords: PasswordHasher,
        limits: LimitService,
        audit: AuditService,
    ) -> None:
        self._accounts = accounts
        self._links = links
        self._jobs = jobs
        self._passwords = passwords
        self._limits = limits
        self._audit = audit

    async def register(self, data: RegisterRequest) -> User:
        """Create an account without rights, and mail a link to verify the address.

        Raises:
            ConflictException: the e-mail is taken.
            TooManyRequestsException: too many from this address.
        """
        await self._limits.count_registration()
        # Before the first query: no connection is held while it takes its time.
        password_hash = await self._passwords.hash_password(data.password)
        user = await self._accounts.create(
            User(
                **data.model_dump(exclude={"password"}),
                password_hash=password_hash,
                role=Role.USER,
            )
        )
        await self._audit.done("register", actor=user.id, subject=user.id)
        await self._links.send(user, user.email, Purpose.VERIFY)
        return user

    async def update(
        self, user: User, data: AccountUpdate, seen: IfMatch = None
    ) -> User:
        """Change what is given; ask a new address to be verified before it counts.

        Raises:
            BadRequestException: for a new e-mail the password is missing or wrong.
            ConflictException: the e-mail is taken.
            PreconditionFailedException: the caller has seen another state.
            TooManyRequestsException: wrong passwords, or mails, too often.
        """
        await check_if_match(self._accounts, user.id, seen)
        values = data.model_dump(exclude_unset=True, exclude={"email", "password"})
        if "email" in data.model_fields_set and data.email != user.email:
            await self._check_password(user, data.password)
            await self._check_free(user, data.email)
            await self._limits.count_mail(data.email)
            await self._links.send(user, data.email, Purpose.VERIFY)
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
            await self._links.send(user, user.email, Purpose.VERIFY)

    async def verify(self, token: str) -> None:
        """Verify the address that a mail went to; a new one becomes the user's now.

        Raises:
            BadRequestException: the token was used, is too old, or never was.
            ConflictException: somebody registered the e-mail in the meantime.
            TooManyRequestsException: too many tokens from this address.
        """
        await self._limits.count_mail_token()
        taken = await self._links.take(token, Purpose.VERIFY)
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
            await self._links.revoke_all(user)
            text = f"Your account uses {taken.email} now. Was it not you? Write us.\n"
            subject = "Your e-mail address was changed"
            await self._jobs.add(SendMail(to=old, subject=subject, text=text))

    async def _check_password(self, user: User, password: str | None) -> None:
        await self._limits.count_login(user.email)
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
