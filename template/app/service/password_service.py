"""Changing a password, and getting in again without one."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from app.core.exceptions import BadRequestException
from app.core.security import PasswordHasher
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.domain.schemas.auth import TokenResponse
from app.service.audit_service import AuditService
from app.service.limit_service import LimitService
from app.service.link_service import LinkService
from app.service.token_service import TokenService


class AccountStore(Protocol):
    """What this service needs of the place where users are kept."""

    async def get_by_id(self, id: UUID) -> User | None: ...
    async def get_by_email(self, email: str) -> User | None: ...
    async def update_by_id(
        self, id: UUID, values: Mapping[str, Any]
    ) -> User | None: ...


class PasswordService:
    """The use cases of passwords."""

    def __init__(
        self,
        accounts: AccountStore,
        links: LinkService,
        tokens: TokenService,
        passwords: PasswordHasher,
        limits: LimitService,
        audit: AuditService,
    ) -> None:
        self._accounts = accounts
        self._links = links
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
        await self._limits.count_login(user.email)
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
        if user is not None and user.is_active:
            await self._links.send(user, user.email, Purpose.RESET)

    async def reset(self, token: str, new: str) -> None:
        """Set a password with the token of a mail, and end every sign-in.

        Raises:
            BadRequestException: the token was used, is too old, or never was.
            TooManyRequestsException: too many tokens from this address.
        """
        await self._limits.count_mail_token()
        taken = await self._links.take(token, Purpose.RESET)
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
        await self._links.revoke_all(user)
        return await self._tokens.revoke_all(user)
