"""Access and refresh tokens: issued, exchanged, revoked."""

from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from uuid import UUID, uuid4

from app.core.exceptions import UnauthorizedException
from app.core.security import Claims, TokenSigner, token_hash
from app.domain.models.user import User
from app.domain.roles import Caller
from app.domain.schemas.auth import TokenResponse
from app.kit.renamed import renamed
from app.service.audit_service import AuditService
from app.service.ports import UserStore

ENDED = "The session was revoked"


class RefreshTokenStore(Protocol):
    """The storage of refresh tokens."""

    async def add(
        self, token_hash: str, family_id: UUID, user_id: UUID, expires_at: datetime
    ) -> None: ...
    async def use(self, token_hash: str) -> bool: ...
    async def revoke_family(self, family_id: UUID) -> None: ...
    async def revoke_all(self, user_id: UUID) -> None: ...


class TokenService:
    """Access and refresh tokens. A refresh token is valid for one exchange."""

    def __init__(
        self,
        store: RefreshTokenStore,
        users: UserStore,
        signer: TokenSigner,
        audit: AuditService,
    ) -> None:
        self._store = store
        self._users = users
        self._signer = signer
        self._audit = audit

    async def issue(self, user: User, family: UUID | None = None) -> TokenResponse:
        """Issue tokens to a user, in a new family unless one is given."""
        family = family or uuid4()
        refresh = self._signer.create_refresh_token(user.id, user.token_version, family)
        expires_at = datetime.now(UTC) + self._signer.refresh_lifetime
        await self._store.add(token_hash(refresh), family, user.id, expires_at)
        return TokenResponse(
            access_token=self._signer.create_access_token(
                user.id, user.role, user.token_version
            ),
            refresh_token=refresh,
            expires_in=int(self._signer.access_lifetime.total_seconds()),
        )

    async def exchange(self, refresh_token: str) -> TokenResponse:
        """Exchange a refresh token for new tokens.

        Raises:
            UnauthorizedException: the token or its user is invalid. Reusing a token
                revokes its family, because one of the two clients has stolen it.
        """
        claims = self._signer.decode_refresh_token(refresh_token)
        if not await self._store.use(token_hash(refresh_token)):
            raise self._replayed(claims)
        user = await self._owner(claims.subject, claims.version)
        return await self.issue(user, claims.family)

    async def authenticate(self, access_token: str) -> User:
        """Return the user of an access token.

        Raises:
            UnauthorizedException: the token or its user is invalid.
        """
        claims = self._signer.decode_access_token(access_token)
        return await self._owner(claims.subject, claims.version)

    async def identify(self, access_token: str) -> Caller:
        """Return the caller of an access token, at half the cost of the user's row.

        Raises:
            UnauthorizedException: the token or its user is invalid.
        """
        claims = self._signer.decode_access_token(access_token)
        caller = await self._users.get_caller(claims.subject, claims.version)
        if caller is None:
            raise UnauthorizedException(ENDED)
        return caller

    async def revoke(self, refresh_token: str) -> None:
        """Revoke the family of a refresh token; ignore an invalid token."""
        try:
            claims = self._signer.decode_refresh_token(refresh_token)
        except UnauthorizedException:
            return
        if claims.family is not None:
            await self._store.revoke_family(claims.family)

    async def revoke_all(self, user: User) -> User:
        """Revoke all tokens of a user; return the changed user."""
        await self._store.revoke_all(user.id)
        values = {"token_version": user.token_version + 1}
        return await self._users.update_by_id(user.id, values) or user

    def _replayed(self, claims: Claims) -> UnauthorizedException:
        error = UnauthorizedException("The token was already used or revoked")
        if claims.family is not None:
            error.remembering(partial(self._store.revoke_family, claims.family))
        return error.remembering(self._audit.refusal("refresh", subject=claims.subject))

    async def _owner(self, user_id: UUID, version: int) -> User:
        user = await self._users.get_by_id(user_id)
        if user is None or not user.is_active or user.token_version != version:
            raise UnauthorizedException(ENDED)
        return user

    find_owner = renamed(authenticate)
    end = renamed(revoke)
    end_all = renamed(revoke_all)
