"""Signing in and out."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from app.core.exceptions import UnauthorizedException
from app.core.security import PasswordHasher
from app.domain.models.user import User
from app.domain.schemas.auth import TokenResponse
from app.service.audit_service import AuditService
from app.service.limit_service import LimitService
from app.service.token_service import TokenService


class AccountStore(Protocol):
    """What this service needs of the place where users are kept."""

    async def get_by_email(self, email: str) -> User | None: ...
    async def update_by_id(
        self, id: UUID, values: Mapping[str, Any]
    ) -> User | None: ...


class AuthService:
    """The use cases of signing in and out."""

    def __init__(
        self,
        accounts: AccountStore,
        tokens: TokenService,
        passwords: PasswordHasher,
        limits: LimitService,
        audit: AuditService,
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._passwords = passwords
        self._limits = limits
        self._audit = audit

    async def login(self, email: str, password: str) -> TokenResponse:
        """Exchange an e-mail and a password for tokens.

        Raises:
            UnauthorizedException: they do not fit; it does not say which.
            TooManyRequestsException: they did not fit too often.
        """
        await self._limits.count_login(email)
        user = await self._accounts.get_by_email(email)
        fits, renewed = await self._passwords.verify_password(
            password, user.password_hash if user else None
        )
        if user is None or not fits or not user.is_active:
            raise await self._audit.refused(
                UnauthorizedException("E-mail or password is wrong"),
                "login",
                subject=user.id if user else None,
            )
        await self._limits.login_succeeded(email)
        if renewed:
            await self._accounts.update_by_id(user.id, {"password_hash": renewed})
        return await self._tokens.issue(user)

    async def logout_all(self, user: User) -> None:
        """End every sign-in of a user, at once."""
        await self._tokens.revoke_all(user)
        await self._audit.done("logout-all", actor=user.id, subject=user.id)
