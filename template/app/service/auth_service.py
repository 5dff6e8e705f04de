"""Signing in, and knowing who is signed in."""

from typing import Protocol
from uuid import UUID

from app.core.exceptions import UnauthorizedException
from app.core.security import PasswordHasher, TokenSigner
from app.domain.models.user import User
from app.domain.schemas.auth import TokenResponse


class AccountStore(Protocol):
    """What this service needs of the place where users are kept."""

    async def get_by_id(self, id: UUID) -> User | None: ...
    async def get_by_email(self, email: str) -> User | None: ...


class AuthService:
    """The use cases of signing in."""

    def __init__(
        self, accounts: AccountStore, passwords: PasswordHasher, tokens: TokenSigner
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._tokens = tokens

    async def login(self, email: str, password: str) -> TokenResponse:
        """Exchange an e-mail and a password for tokens.

        Raises:
            UnauthorizedException: they do not fit; it does not say which.
        """
        user = await self._accounts.get_by_email(email)
        password_hash = user.password_hash if user else None
        fits = await self._passwords.verify_password(password, password_hash)
        if user is None or not fits or not user.is_active:
            raise UnauthorizedException("E-mail or password is wrong")
        return self._issue(user)

    async def refresh(self, refresh_token: str) -> TokenResponse:
        """Exchange a refresh token for new tokens.

        Raises:
            UnauthorizedException: the token, or its user, is no longer good.
        """
        claims = self._tokens.decode_refresh_token(refresh_token)
        return self._issue(await self._active_user(claims.subject))

    async def get_current_user(self, access_token: str) -> User:
        """Find out who shows this token.

        Raises:
            UnauthorizedException: the token, or its user, is no longer good.
        """
        claims = self._tokens.decode_access_token(access_token)
        return await self._active_user(claims.subject)

    async def _active_user(self, user_id: UUID) -> User:
        user = await self._accounts.get_by_id(user_id)
        if user is None or not user.is_active:
            raise UnauthorizedException("This account is not active")
        return user

    def _issue(self, user: User) -> TokenResponse:
        return TokenResponse(
            access_token=self._tokens.create_access_token(user.id, user.role),
            refresh_token=self._tokens.create_refresh_token(user.id),
            expires_in=int(self._tokens.access_lifetime.total_seconds()),
        )
