"""Use cases of changing and resetting passwords."""

from app.core.exceptions import BadRequestException
from app.core.security import PasswordHasher
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.domain.schemas.auth import TokenResponse
from app.service.audit_service import AuditService
from app.service.limit_service import LimitService
from app.service.link_service import LinkService
from app.service.notice_service import NoticeService
from app.service.ports import UnitOfWork, UserStore
from app.service.precondition import check_sign_in
from app.service.token_service import TokenService


class PasswordService:
    """The use cases of passwords."""

    def __init__(
        self,
        users: UserStore,
        unit: UnitOfWork,
        links: LinkService,
        notices: NoticeService,
        tokens: TokenService,
        passwords: PasswordHasher,
        limits: LimitService,
        audit: AuditService,
    ) -> None:
        self._users = users
        self._unit = unit
        self._links = links
        self._notices = notices
        self._tokens = tokens
        self._passwords = passwords
        self._limits = limits
        self._audit = audit

    async def change(self, user: User, old: str, new: str) -> TokenResponse:
        """Change a password, revoke all sessions and return new tokens.

        A mail notifies the user.

        Raises:
            BadRequestException: the old password is wrong.
            TooManyRequestsException: too many wrong passwords.
            UnauthorizedException: the account changed in the meantime.
            ServiceUnavailableException: too many passwords at once.
        """
        with self._passwords.queued():
            await self._limits.count_password(user.email)
            async with self._unit.released():
                fits, _ = await self._passwords.verify_password(old, user.password_hash)
                hashed = await self._passwords.hash_password(new) if fits else ""
        if not fits:
            raise BadRequestException("The old password is wrong").remembering(
                self._audit.refusal("change-password", actor=user.id, subject=user.id)
            )
        user = await check_sign_in(self._users, user)
        await self._limits.login_succeeded(user.email)
        user = await self._set(user, hashed)
        await self._audit.done(
            "change-password", actor=user.id, subject=user.id, fields=["password"]
        )
        await self._notices.password_changed(user)
        return await self._tokens.issue(user)

    async def forgot(self, email: str, device: str = "") -> None:
        """Mail a link to the user with this e-mail, if one exists.

        Raises:
            TooManyRequestsException: too many mails to the e-mail or from the address.
        """
        await self._limits.count_mail(email, device)
        await self._links.request(email, Purpose.RESET)

    async def reset(self, token: str, new: str, device: str = "") -> None:
        """Set a password with a mail token, and revoke all sessions.

        A mail notifies the user. The owner can sign in from this device, whatever
        strangers have tried.

        Raises:
            BadRequestException: the token is invalid, expired or used.
            TooManyRequestsException: too many tokens from this address.
            ServiceUnavailableException: too many passwords at once.
        """
        with self._passwords.queued():
            await self._limits.count_mail_token()
            found = await self._links.find(token, Purpose.RESET)
            if found is None:
                raise self._bad_link()
            async with self._unit.released():
                hashed = await self._passwords.hash_password(new)
        user = await self._users.get_for_update(found.user_id)
        taken = await self._links.take(token, Purpose.RESET)
        if user is None or taken is None or not user.is_active:
            raise self._bad_link()
        await self._set(user, hashed)
        await self._limits.password_was_reset(user.email, device)
        await self._audit.done(
            "reset-password", actor=user.id, subject=user.id, fields=["password"]
        )
        await self._notices.password_reset(user)

    def _bad_link(self) -> BadRequestException:
        error = BadRequestException("The link is invalid or expired")
        return error.remembering(self._audit.refusal("reset-password"))

    async def _set(self, user: User, hashed: str) -> User:
        await self._users.update_by_id(user.id, {"password_hash": hashed})
        await self._links.revoke_all(user)
        return await self._tokens.revoke_all(user)
