"""Use cases of the caller's own account."""

from datetime import UTC, datetime

from pydantic import MISSING

from app.core.exceptions import BadRequestException, ConflictException
from app.core.security import PasswordHasher
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.domain.roles import Role
from app.domain.schemas.account import AccountUpdate, RegisterRequest
from app.service.audit_service import AuditService
from app.service.limit_service import LimitService
from app.service.link_service import LinkService
from app.service.notice_service import NoticeService
from app.service.ports import UnitOfWork, UserStore
from app.service.precondition import IfMatch, check_if_match, check_sign_in

TAKEN = "This e-mail is already registered"


class AccountService:
    """The use cases of the caller's own account."""

    def __init__(
        self,
        users: UserStore,
        unit: UnitOfWork,
        links: LinkService,
        notices: NoticeService,
        passwords: PasswordHasher,
        limits: LimitService,
        audit: AuditService,
    ) -> None:
        self._users = users
        self._unit = unit
        self._links = links
        self._notices = notices
        self._passwords = passwords
        self._limits = limits
        self._audit = audit

    async def register(self, data: RegisterRequest, device: str = "") -> User:
        """Create an account with the role `user`, and mail a verification link.

        The account knows the device.

        Raises:
            ConflictException: the e-mail is taken.
            InvalidInputException: mail cannot reach the e-mail.
            TooManyRequestsException: too many registrations from this address.
            ServiceUnavailableException: too many passwords at once.
        """
        self._links.check_reachable(data.email)
        with self._passwords.queued():
            await self._limits.count_registration()
            async with self._unit.released():
                password_hash = await self._passwords.hash_password(data.password)
        user = await self._users.create(
            User(
                **data.model_dump(exclude={"password"}),
                password_hash=password_hash,
                role=Role.USER,
            )
        )
        await self._limits.remember(user.email, device)
        await self._audit.done("register", actor=user.id, subject=user.id)
        await self._links.send(user, user.email, Purpose.VERIFY)
        return user

    async def update(
        self, user: User, data: AccountUpdate, if_match: IfMatch = None
    ) -> User:
        """Change the given fields; a new e-mail takes effect once it is verified.

        Raises:
            BadRequestException: the password for a new e-mail is missing or wrong.
            ConflictException: the e-mail is taken.
            InvalidInputException: mail cannot reach the e-mail.
            PreconditionFailedException: the row changed since the caller read it.
            TooManyRequestsException: too many wrong passwords or mails.
            UnauthorizedException: the account changed in the meantime.
            ServiceUnavailableException: too many passwords at once.
        """
        await check_if_match(self._users, user.id, if_match)
        values = data.model_dump(exclude_unset=True, exclude={"email", "password"})
        if data.email is not MISSING and data.email != user.email:
            self._links.check_reachable(data.email)
            password = "" if data.password is MISSING else data.password
            await self._check_password(user, password)
            await self._check_free(user, data.email)
            await self._limits.count_mail(data.email)
            user = await check_sign_in(self._users, user)
            await check_if_match(self._users, user.id, if_match)
            await self._links.send(user, data.email, Purpose.VERIFY)
        if values:
            user = await self._users.update_by_id(user.id, values) or user
            await self._audit.done(
                "update-account", actor=user.id, subject=user.id, fields=values
            )
        return user

    async def resend(self, email: str, device: str = "") -> None:
        """Mail a new verification link to a user whose e-mail is unverified.

        Raises:
            TooManyRequestsException: too many mails to the e-mail or from the address.
        """
        await self._limits.count_mail(email, device)
        await self._links.request(email, Purpose.VERIFY)

    async def verify(self, token: str) -> None:
        """Verify the e-mail that a link was sent to; a new one replaces the old.

        Raises:
            BadRequestException: the token is invalid, expired or used.
            ConflictException: another user took the e-mail in the meantime.
            TooManyRequestsException: too many tokens from this address.
        """
        await self._limits.count_mail_token()
        found = await self._links.find(token, Purpose.VERIFY)
        # Users before their tokens, as in a reset: no two requests deadlock.
        user = await self._users.get_for_update(found.user_id) if found else None
        taken = await self._links.take(token, Purpose.VERIFY)
        if taken is None or user is None or not user.is_active:
            raise BadRequestException("The link is invalid or expired").remembering(
                self._audit.refusal("verify-email")
            )
        old = user.email
        # Only a new one is set: an account may share its old one (scripts/emails.py).
        changes = {} if taken.email == old else {"email": taken.email}
        values = changes | {"email_verified_at": datetime.now(UTC)}
        await self._users.update_by_id(user.id, values)
        await self._audit.done(
            "verify-email", actor=user.id, subject=user.id, fields=values
        )
        if changes:
            # A link to the old address must no longer open the account.
            await self._links.revoke_all(user)
            await self._notices.email_changed(old, taken.email)

    async def _check_password(self, user: User, password: str) -> None:
        with self._passwords.queued():
            await self._limits.count_password(user.email)
            async with self._unit.released():
                fits, _ = await self._passwords.verify_password(
                    password, user.password_hash
                )
        if not fits:
            raise BadRequestException(
                "A new e-mail requires your current password"
            ).remembering(
                self._audit.refusal("change-email", actor=user.id, subject=user.id)
            )
        await self._limits.login_succeeded(user.email)

    async def _check_free(self, user: User, email: str) -> None:
        other = await self._users.get_by_email(email)
        if other is not None and other.id != user.id:
            raise ConflictException(TAKEN)
