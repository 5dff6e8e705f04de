"""Access and refresh tokens: issued, exchanged, revoked."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

from app.core.exceptions import UnauthorizedException
from app.core.refresh_claims import RefreshClaims
from app.core.security import TokenSigner, token_hash
from app.domain.models.refresh_token import RefreshToken
from app.domain.models.user import User
from app.domain.roles import Caller
from app.domain.schemas.auth import TokenResponse
from app.kit.renamed import renamed
from app.service.audit_service import AuditService
from app.service.ports import UserStore

ENDED = "The session was revoked"
TOO_OLD = "The session has expired: sign in again"


class RefreshTokenStore(Protocol):
    """The storage of refresh tokens."""

    async def add(self, token: RefreshToken) -> None: ...
    async def use(self, token_hash: str) -> bool: ...
    async def get_unused(
        self, used_hash: str, grace: timedelta
    ) -> RefreshToken | None: ...
    async def revoke_family(self, family_id: UUID) -> None: ...
    async def revoke_all(self, user_id: UUID) -> None: ...


class TokenService:
    """Access and refresh tokens. A refresh token is valid for one exchange.

    Exchanges, logouts and replays lock the user's row: they run one after another, so
    that revoking a session also revokes the token of an exchange in flight.
    """

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

    async def issue(self, user: User) -> TokenResponse:
        """Issue tokens to a user who has just signed in."""
        claims = RefreshClaims.first(
            user.id, user.token_version, self._signer.refresh_lifetime
        )
        return await self._issue(user, claims)

    async def exchange(self, refresh_token: str) -> TokenResponse:
        """Exchange a refresh token for new tokens.

        A repetition within the grace period returns the same refresh token, unless
        that was used: the first response may be lost.

        Raises:
            UnauthorizedException: the token or its user is invalid. Reusing a token
                revokes its family, because one of the two clients has stolen it.
        """
        claims = self._signer.decode_refresh_token(refresh_token)
        hashed = token_hash(refresh_token)
        user = await self._users.get_for_update(claims.subject)
        if await self._store.use(hashed):
            user = _checked(user, claims.version)
            return await self._issue(user, self._successor(claims))
        issued = await self._issued_successor(claims, hashed)
        if issued is None:
            raise self._replayed(claims)
        return self._response(_checked(user, claims.version), claims, issued)

    async def authenticate(self, access_token: str) -> User:
        """Return the user of an access token.

        Raises:
            UnauthorizedException: the token or its user is invalid.
        """
        claims = self._signer.decode_access_token(access_token)
        return _checked(await self._users.get_by_id(claims.subject), claims.version)

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
        await self._revoke_family(claims)

    async def revoke_all(self, user: User) -> User:
        """Revoke all tokens of a user; return the changed user."""
        # First, because it waits for an exchange in flight.
        values = {"token_version": user.token_version + 1}
        changed = await self._users.update_by_id(user.id, values) or user
        await self._store.revoke_all(user.id)
        return changed

    async def _issue(self, user: User, claims: RefreshClaims) -> TokenResponse:
        refresh_token = self._signer.sign_refresh_token(claims)[0]
        await self._store.add(
            RefreshToken(
                token_hash=token_hash(refresh_token),
                family_id=claims.family,
                user_id=user.id,
                created_at=claims.issued_at,
                expires_at=claims.expires_at,
            )
        )
        return self._response(user, claims, refresh_token)

    def _successor(self, claims: RefreshClaims) -> RefreshClaims:
        """Return the claims of a new successor; it expires with the session."""
        lifetime = min(self._signer.refresh_lifetime, self._time_left(claims))
        now = datetime.now(UTC)
        return claims.successor(now, now + lifetime)

    async def _issued_successor(
        self, claims: RefreshClaims, used_hash: str
    ) -> str | None:
        """Sign the unused successor of a token again; only its hash was stored.

        The family's unused token is the successor of one token only: the hash of any
        other's differs.
        """
        row = await self._store.get_unused(used_hash, self._signer.refresh_grace)
        if row is None:
            return None
        successor = claims.successor(row.created_at, row.expires_at)
        signed = self._signer.sign_refresh_token(successor)
        return next((t for t in signed if token_hash(t) == row.token_hash), None)

    def _response(
        self, user: User, claims: RefreshClaims, refresh_token: str
    ) -> TokenResponse:
        lifetime = min(self._signer.access_lifetime, self._time_left(claims))
        return TokenResponse(
            access_token=self._signer.create_access_token(
                user.id, user.role, user.token_version, lifetime
            ),
            refresh_token=refresh_token,
            expires_in=int(lifetime.total_seconds()),
        )

    def _time_left(self, claims: RefreshClaims) -> timedelta:
        """Return the time until the end of a session.

        Raises:
            UnauthorizedException: the session has ended.
        """
        ends_at = claims.signed_in_at + self._signer.session_lifetime
        left = ends_at - datetime.now(UTC)
        if left < timedelta(seconds=1):
            raise UnauthorizedException(TOO_OLD)
        return left

    def _replayed(self, claims: RefreshClaims) -> UnauthorizedException:
        error = UnauthorizedException("The token was already used or revoked")
        return error.remembering(
            partial(self._revoke_family, claims),
            self._audit.refusal("refresh", subject=claims.subject),
        )

    async def _revoke_family(self, claims: RefreshClaims) -> None:
        await self._users.get_for_update(claims.subject)
        await self._store.revoke_family(claims.family)

    find_owner = renamed(authenticate)
    end = renamed(revoke)
    end_all = renamed(revoke_all)


def _checked(user: User | None, version: int) -> User:
    """Return a user whose tokens of this version are valid.

    Raises:
        UnauthorizedException: the user does not exist, is inactive or has revoked them.
    """
    if user is None or not user.is_active or user.token_version != version:
        raise UnauthorizedException(ENDED)
    return user
