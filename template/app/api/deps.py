"""Dependencies of all routes: the scope, the session, the signed-in user, guards."""

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
from app.domain.roles import Role
from app.kit.http.route import SAFE_METHODS as SAFE_METHODS
from app.kit.http.route import Guard
from app.kit.http.route import request_context as request_context

# api/openapi.py puts API_V1_PREFIX before the address.
bearer = OAuth2PasswordBearer(tokenUrl="auth/login", auto_error=False)


async def get_container(connection: HTTPConnection) -> Container:
    """What the application was made with."""
    container: Container = connection.app.state.container
    return container


async def get_settings(connection: HTTPConnection) -> Settings:
    """The settings that the application was made with."""
    return (await get_container(connection)).settings


async def get_database(connection: HTTPConnection) -> DatabaseManager:
    """The application's database."""
    return (await get_container(connection)).database


async def get_scope(connection: HTTPConnection) -> RequestScope:
    """The scope that the route has opened: its transaction, parts of services.

    Raises:
        RuntimeError: the route opens none.
    """
    scope: RequestScope | None = getattr(connection.state, "scope", None)
    if scope is None:
        raise RuntimeError(
            f"{connection.url.path} has no scope: declare routes on a SliceRouter; in "
            "a WebSocket, open one for each step: container.open_scope(context)."
        )
    return scope


async def get_db(connection: HTTPConnection) -> AsyncSession:
    """The request's session, for what needs no scope."""
    return (await get_scope(connection)).session


class SignedIn(Guard):
    """Loads the signed-in user, and lets those pass who have one of the roles.

    A WebSocket has no scope: there the user is read in one that ends at once.
    """

    def __init__(self, *roles: Role) -> None:
        self.model = bearer.model
        self.scheme_name = bearer.scheme_name
        self._roles = roles

    async def __call__(self, connection: HTTPConnection) -> User:
        """Return the user.

        Raises:
            UnauthorizedException: nobody is signed in.
            ForbiddenException: it is somebody with another role, which is recorded.
        """
        if hasattr(connection.state, "scope"):
            return await self._check(connection, connection.state.scope)
        container = await get_container(connection)
        context = request_context(connection)
        async with container.open_scope(context, reads=True) as scope:
            return await self._check(connection, scope)

    async def _check(self, connection: HTTPConnection, scope: RequestScope) -> User:
        if scope.user is None:
            scope.user = await _authenticate(connection, scope)
        if self._roles and scope.user.role not in self._roles:
            raise ForbiddenException("Your role does not allow this").remembering(
                scope.audit.refusal("role", actor=scope.user.id)
            )
        return scope.user


async def _authenticate(connection: HTTPConnection, scope: RequestScope) -> User:
    token = await bearer(connection)
    if token is None:
        raise UnauthorizedException("Sign in first")
    return await scope.tokens.authenticate(token)


def require_role(*roles: Role) -> SignedIn:
    """Make a guard that lets these roles pass, and records whom it does not."""
    return SignedIn(*roles)


get_current_user = SignedIn()

ContainerDep = Annotated[Container, Depends(get_container)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[DatabaseManager, Depends(get_database)]
ScopeDep = Annotated[RequestScope, Depends(get_scope)]
SessionDep = Annotated[AsyncSession, Depends(get_db)]
CurrentUser = Annotated[User, Depends(get_current_user)]
AdminUser = Annotated[User, Depends(require_role(Role.ADMIN))]
StaffUser = Annotated[User, Depends(require_role(Role.ADMIN, Role.MODERATOR))]
