"""What all slices share: the session, the wiring, the signed-in user, the guards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.wiring import Shared, Wiring
from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.exceptions import ForbiddenException, UnauthorizedException
from app.domain.models.user import User
from app.domain.roles import Role
from app.service.audit_service import Origin
from app.utils.addresses import client_address

# api/openapi.py puts API_V1_PREFIX before the address.
bearer = OAuth2PasswordBearer(tokenUrl="auth/login", auto_error=False)
SAFE_METHODS = ("GET", "HEAD")


async def get_shared(request: Request) -> Shared:
    """What the application was made with."""
    shared: Shared = request.app.state.shared
    return shared


async def get_settings(request: Request) -> Settings:
    """The settings that the application was made with."""
    return (await get_shared(request)).settings


async def get_database(request: Request) -> DatabaseManager:
    """The application's database."""
    return (await get_shared(request)).database


SharedDep = Annotated[Shared, Depends(get_shared)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[DatabaseManager, Depends(get_database)]


def origin_of(request: Request) -> Origin:
    """Return the client address and the request id."""
    address = client_address(request.client.host if request.client else "")
    return Origin(address, request.state.request_id)


async def get_wiring(request: Request) -> AsyncIterator[Wiring]:
    """What services are made of, with one session a request.

    It is committed when the handler is done; a GET reads, and has nothing to commit.
    So are the jobs that it adds: what is to be done after the answer.
    """
    shared = await get_shared(request)
    reads = request.method in SAFE_METHODS
    database = shared.database
    async with database.reading() if reads else database.transaction() as session:
        yield Wiring(shared, session, origin_of(request))


# The scope makes the commit come before the answer: if it fails, so does the
# request. Use this alias everywhere; another scope would open a second session.
WiringDep = Annotated[Wiring, Depends(get_wiring, scope="function")]


async def get_db(wiring: WiringDep) -> AsyncSession:
    """The request's session, for what has no wiring of its own."""
    return wiring.session


SessionDep = Annotated[AsyncSession, Depends(get_db)]
TokenDep = Annotated[str | None, Depends(bearer)]


async def get_current_user(wiring: WiringDep, token: TokenDep) -> User:
    """The signed-in user.

    Raises:
        UnauthorizedException: nobody is signed in.
    """
    if token is None:
        raise UnauthorizedException("Sign in first")
    return await wiring.tokens.find_owner(token)


CurrentUser = Annotated[User, Depends(get_current_user)]


def require_role(*roles: Role) -> Callable[[User, Wiring], Awaitable[User]]:
    """Make a guard that lets these roles pass, and records whom it does not."""

    async def guard(user: CurrentUser, wiring: WiringDep) -> User:
        if user.role not in roles:
            error = ForbiddenException("Your role does not allow this")
            raise await wiring.refused_apart(error, "role", user.id)
        return user

    return guard


AdminUser = Annotated[User, Depends(require_role(Role.ADMIN))]
StaffUser = Annotated[User, Depends(require_role(Role.ADMIN, Role.MODERATOR))]
