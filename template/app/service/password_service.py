"""Changing a password, and getting in again without one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from app.core.config import Settings
from app.core.exceptions import BadRequestException
from app.core.mail import Mail, Outbox
from app.core.security import PasswordHasher, new_token, token_hash
from app.domain.models.mail_token import MailToken
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.domain.schemas.auth import TokenResponse
from app.service.audit_service import AuditService
from app.service.limit_service import LimitService
from app.service.token_service import TokenService


class AccountStore(Protocol):
    """What this service needs of the place where users are kept."""

    async def get_by_id(self, id: UUID) -> User | None: ...
    async def get_by_email(self, email: str) -> User | None: ...
    async def update_by_id(
        self, id: UUID, values: Mapping[str, Any]
    ) -> User | None: ...


class MailTokenStore(Protocol):
    """What this service needs of the place where tokens of mails are kept."""

    async def add(
        self,
        token_hash: str,
        user_id: UUID,
        purpose: Purpose,
        email: str,
        expires_at: datetime,
    ) -> None: ...
    async def take(self, token_hash: str, purpose: Purpose) -> MailToken | None: ...
    async def end_all(self, user_id: UUID, purpose: Purpose | None = None) -> None: ...


class PasswordService:
    """The use cases of passwords."""

    def __init__(
        self,
        accounts: AccountStore,
        mail_tokens: MailTokenStore,
        tokens: TokenService,
        passwords: PasswordHasher,
        limits: LimitService,
        audit: AuditService,
        outbox: Outbox,
        settings: Settings,
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._accounts = accounts
        self._mail_tokens = mail_tokens
        self._tokens = tokens
        self._passwords = passwords
        self._limits = limits
        self._audit = audit

    async def change(self, user: User, old: str, new: str) -> TokenResponse:
        """Change the password of a signed-in user, who alone stays signed in.

        Raises:
            BadRequestException: the old password is wrong.
            TooManyRequestsException: it was wrong too often.
        """
        await self._limits.login(user.email)
        fits, _ = await self._passwords.verify_password(old, user.password_hash)
        if not fits:
            raise await self._audit.refused(
                BadRequestException("The old password is wrong"),
                "change-password",
                actor=user.id,
                subject=user.id,
            )
        await self._limits.login_succeeded(user.email)
        user = await self._set(user, new)
        await self._audit.done(
            "change-password", actor=user.id, subject=user.id, fields=["password"]
        )
        return await self._tokens.issue(user)

    async def forgot(self, email: str) -> None:
        """Mail a link to a user, if there is one with this e-mail."""
        user = await self._accounts.get_by_email(email)
        if user is None or not user.is_active:
            return
        token = new_token()
        minutes = self._settings.RESET_PASSWORD_EXPIRE_MINUTES
        await self._mail_tokens.end_all(user.id, Purpose.RESET)
        await self._mail_tokens.add(
            token_hash(token),
            user.id,
            Purpose.RESET,
            user.email,
            datetime.now(UTC) + timedelta(minutes=minutes),
        )
        # Behind #, so that neither servers nor other sites get to see the token.
        link = f"{self._settings.PUBLIC_URL}/reset-password#token={token}"
        text = f"Choose a new password within {minutes} minutes:\n\n{link}\n"
        self._outbox(Mail(user.email, "Choose a new password", text))

    async def reset(self, token: str, new: str) -> None:
        """Set a password with the token of a mail, and end every sign-in.

        Raises:
            BadRequestException: the token was used, is too old, or never was.
            TooManyRequestsException: too many tokens from this address.
        """
        await self._limits.mail_token()
        taken = await self._mail_tokens.take(token_hash(token), Purpose.RESET)
        user = await self._accounts.get_by_id(taken.user_id) if taken else None
        if user is None or not user.is_active:
            raise await self._audit.refused(
                BadRequestException("The link is no longer good"), "reset-password"
            )
        await self._set(user, new)
        await self._limits.password_was_reset(user.email)
        await self._audit.done(
            "reset-password", actor=user.id, subject=user.id, fields=["password"]
        )

    async def _set(self, user: User, password: str) -> User:
        hashed = await self._passwords.hash_password(password)
        await self._accounts.update_by_id(user.id, {"password_hash": hashed})
        await self._mail_tokens.end_all(user.id)
        return await self._tokens.end_all(user)
