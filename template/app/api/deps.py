"""Dependencies of all routes: the scope, the session, the signed-in user, guards."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from app.container import Container, RequestScope
from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.exceptions import ForbiddenException, UnauthorizedException
from app.domain.models.user import User
from app.domain.roles import Caller, Role
from app.kit.http.route import SAFE_METHODS as SAFE_METHODS
from app.kit.http.route import BodyLimit as BodyLimit
from app.kit.http.route import Guard
from app.kit.http.route import request_context as request_context

WRONG_ROLE = "Your role does not allow this"
# api/openapi.py prepends API_V1_PREFIX.
bearer = OAuth2PasswordBearer(tokenUrl="auth/login", auto_error=False)


async def get_container(connection: HTTPConnection) -> Container:
    """Return the container of the application."""
    container: Container = connection.app.state.container
    return container


async def get_settings(connection: HTTPConnection) -> Settings:
    """Return the settings of the application."""
    return (await get_container(connection)).settings


async def get_database(connection: HTTPConnection) -> DatabaseManager:
    """Return the application's database."""
    return (await get_container(connection)).database


async def get_scope(connection: HTTPConnection) -> RequestScope:
    """Return the scope that the route has opened.

    Raises:
        RuntimeError: the route opens no scope.
    """
    scope: RequestScope | None = getattr(connection.state, "scope", None)
    if scope is None:
        raise RuntimeError(
            f"{connection.url.path} has no scope: declare the route on a SliceRouter, "
            "or in a WebSocket open one per step: container.open_scope(context)."
        )
    return scope


async def get_db(connection: HTTPConnection) -> AsyncSession:
    """Return the request's session, for code that needs no scope."""
    return (await get_scope(connection)).session


class SignedIn(Guard):
    """Guard that requires a signed-in caller and, if given, one of the roles.

    Attributes:
        roles: those that may call; empty if all may.
    """

    model = bearer.model
    scheme_name = bearer.scheme_name

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """Return the caller.

        Raises:
            UnauthorizedException: the token is missing, invalid or revoked.
            ForbiddenException: the caller has another role; the refusal is recorded.
        """
        return await _in_scope(connection, self._check)

    async def _check(self, scope: RequestScope, connection: HTTPConnection) -> Caller:
        if scope.caller is None:
            token = await _token(connection)
            scope.caller = await scope.tokens.identify(token)
            scope.unit.renewing(partial(_identify, scope, token))
        if self.roles and self not in scope.passed:
            await self._check_role(scope)
            scope.unit.renewing(partial(self._check_role, scope))
            scope.passed.add(self)
        return scope.caller

    async def _check_role(self, scope: RequestScope) -> None:
        caller = scope.caller
        if caller is None or caller.role not in self.roles:
            raise ForbiddenException(WRONG_ROLE).remembering(
                scope.audit.refusal("role", actor=caller and caller.id)
            )


class SignedInUser(Guard):
    """Guard that requires a signed-in caller, and loads the user's row."""

    model = bearer.model
    scheme_name = bearer.scheme_name
    # Runs first: the other guards then need no query.
    order = 0

    async def __call__(self, connection: HTTPConnection) -> User:
        """Return the user.

        Raises:
            UnauthorizedException: the token is missing, invalid or revoked.
        """
        return await _in_scope(connection, self._load)

    async def _load(self, scope: RequestScope, connection: HTTPConnection) -> User:
        if scope.user is None:
            token = await _token(connection)
            scope.user = await scope.tokens.authenticate(token)
            scope.caller = Caller(scope.user.id, scope.user.role)
            scope.unit.renewing(partial(_identify, scope, token))
        return scope.user


async def _in_scope[Result](
    connection: HTTPConnection,
    check: Callable[[RequestScope, HTTPConnection], Awaitable[Result]],
) -> Result:
    """Check in the scope of the route; for a WebSocket, in a short read-only one."""
    if opened := getattr(connection.state, "scope", None):
        return await check(opened, connection)
    container = await get_container(connection)
    context = request_context(connection)
    async with container.open_scope(context, reads=True) as scope:
        return await check(scope, connection)


async def _identify(scope: RequestScope, token: str) -> None:
    """Read the caller again, in a later transaction: they may have been revoked."""
    scope.caller = await scope.tokens.identify(token)


async def _token(connection: HTTPConnection) -> str:
    token = await bearer(connection)
    if token is None:
        raise UnauthorizedException("Sign in first")
    return token


def require_role(*roles: Role) -> SignedIn:
    """Return a guard that requires one of these roles, and records refusals."""
    return SignedIn(*roles)


get_current_caller = SignedIn()
get_current_user = SignedInUser()

# For routes of anonymous callers: they decide what is parsed. Every valid body fits.
SMALL_BODY = Depends(BodyLimit(16 * 1024))

ContainerDep = Annotated[Container, Depends(get_container)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[DatabaseManager, Depends(get_database)]
ScopeDep = Annotated[RequestScope, Depends(get_scope)]
SessionDep = Annotated[AsyncSession, Depends(get_db)]
# The caller's id and role. `CurrentUser` is the row, to show or change it.
CurrentCaller = Annotated[Caller, Depends(get_current_caller)]
CurrentUser = Annotated[User, Depends(get_current_user)]
AdminUser = Annotated[Caller, Depends(require_role(Role.ADMIN))]
StaffUser = Annotated[Caller, Depends(require_role(Role.ADMIN, Role.MODERATOR))]
