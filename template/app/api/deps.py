"""Dependencies of all routes: the scope, the session, the signed-in user, guards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.container import Container, RequestScope
from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.exceptions import ForbiddenException, UnauthorizedException
from app.domain.models.user import User
from app.domain.roles import Role
from app.utils.addresses import client_address

# api/openapi.py puts API_V1_PREFIX before the address.
bearer = OAuth2PasswordBearer(tokenUrl="auth/login", auto_error=False)
SAFE_METHODS = ("GET", "HEAD")


async def get_container(request: Request) -> Container:
    """What the application was made with."""
    container: Container = request.app.state.container
    return container


async def get_settings(request: Request) -> Settings:
    """The settings that the application was made with."""
    return (await get_container(request)).settings


async def get_database(request: Request) -> DatabaseManager:
    """The application's database."""
    return (await get_container(request)).database


ContainerDep = Annotated[Container, Depends(get_container)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[DatabaseManager, Depends(get_database)]


def request_context(request: Request) -> RequestContext:
    """Return the client address and the request id."""
    address = client_address(request.client.host if request.client else "")
    return RequestContext(address, request.state.request_id)


async def get_scope(request: Request) -> AsyncIterator[RequestScope]:
    """What services are made of, with one session a request.

    It is committed when the handler is done; a GET reads, and has nothing to commit.
    So are the jobs that it adds: what is to be done after the answer.
    """
    container = await get_container(request)
    reads = request.method in SAFE_METHODS
    database = container.database
    async with database.reading() if reads else database.transaction() as session:
        yield RequestScope(container, session, request_context(request))


# The scope makes the commit come before the answer: if it fails, so does the
# request. Use this alias everywhere; another scope would open a second session.
ScopeDep = Annotated[RequestScope, Depends(get_scope, scope="function")]


async def get_db(scope: ScopeDep) -> AsyncSession:
    """The request's session, for what needs no scope."""
    return scope.session


SessionDep = Annotated[AsyncSession, Depends(get_db)]
TokenDep = Annotated[str | None, Depends(bearer)]


async def get_current_user(scope: ScopeDep, token: TokenDep) -> User:
    """The signed-in user.

    Raises:
        UnauthorizedException: nobody is signed in.
    """
    if token is None:
        raise UnauthorizedException("Sign in first")
    return await scope.tokens.authenticate(token)


CurrentUser = Annotated[User, Depends(get_current_user)]


def require_role(*roles: Role) -> Callable[[User, RequestScope], Awaitable[User]]:
    """Make a guard that lets these roles pass, and records whom it does not."""

    async def guard(user: CurrentUser, scope: ScopeDep) -> User:
        if user.role not in roles:
            error = ForbiddenException("Your role does not allow this")
            raise await scope.refused_apart(error, "role", user.id)
        return user

    return guard


AdminUser = Annotated[User, Depends(require_role(Role.ADMIN))]
StaffUser = Annotated[User, Depends(require_role(Role.ADMIN, Role.MODERATOR))]
