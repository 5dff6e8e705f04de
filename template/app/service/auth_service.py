"""Use cases of login, refresh and logout."""

from app.core.exceptions import UnauthorizedException
from app.core.security import PasswordHasher
from app.domain.models.user import User
from app.domain.schemas.auth import TokenResponse
from app.service.audit_service import AuditService
from app.service.limit_service import LimitService
from app.service.ports import UnitOfWork, UserStore
from app.service.precondition import check_sign_in
from app.service.token_service import TokenService


class AuthService:
    """The use cases of login, refresh and logout."""

    def __init__(
        self,
        users: UserStore,
        unit: UnitOfWork,
        tokens: TokenService,
        passwords: PasswordHasher,
        limits: LimitService,
        audit: AuditService,
    ) -> None:
        self._users = users
        self._unit = unit
        self._tokens = tokens
        self._passwords = passwords
        self._limits = limits
        self._audit = audit

    async def login(self, email: str, password: str, device: str = "") -> TokenResponse:
        """Exchange an e-mail and a password for tokens; remember the device.

        Raises:
            UnauthorizedException: one of them is wrong; the message hides which.
            TooManyRequestsException: too many failed logins.
            ServiceUnavailableException: too many logins at once.
        """
        with self._passwords.queued():
            await self._limits.count_login(email, device)
            known = await self._users.get_by_email(email)
            user = await self._verified(known, password)
        if user is None or not user.is_active:
            raise UnauthorizedException("E-mail or password is wrong").remembering(
                self._audit.refusal("login", subject=known.id if known else None)
            )
        await self._limits.login_succeeded(email, device)
        return await self._tokens.issue(user)

    async def _verified(
        self, known: User | None, password: str, tries: int = 2
    ) -> User | None:
        """Return the current row of a user, locked, if the password is theirs."""
        kinds = await self._users.hash_kinds()
        async with self._unit.released():
            fits, renewed = await self._passwords.verify_password(
                password, known.password_hash if known else None, kinds
            )
        if known is None or not fits:
            return None
        user = await self._users.get_unchanged(known)
        if user is None and tries > 1:
            # Another login may have renewed the hash.
            now = await self._users.get_for_update(known.id)
            return await self._verified(now, password, tries - 1)
        if user is None:
            return None
        if renewed:
            await self._users.update_by_id(user.id, {"password_hash": renewed})
        return user

    async def refresh(self, refresh_token: str, device: str = "") -> TokenResponse:
        """Exchange a refresh token for new tokens; remember the device.

        Raises:
            UnauthorizedException: the token or its user is invalid.
        """
        tokens = await self._tokens.exchange(refresh_token)
        user = await self._tokens.authenticate(tokens.access_token)
        await self._limits.remember(user.email, device)
        return tokens

    async def logout(self, refresh_token: str) -> None:
        """Revoke the session of a refresh token."""
        await self._tokens.revoke(refresh_token)

    async def logout_all(self, user: User) -> None:
        """Revoke all sessions of a user.

        Raises:
            UnauthorizedException: they were revoked in the meantime.
        """
        user = await check_sign_in(self._users, user)
        await self._tokens.revoke_all(user)
        await self._audit.done("logout-all", actor=user.id, subject=user.id)
