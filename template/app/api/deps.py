"""What all slices share: the session, the wiring, the signed-in user, the guards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.wiring import Shared, Wiring
from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.exceptions import ForbiddenException, UnauthorizedException
from app.domain.models.user import User
from app.domain.roles import Role
from app.service.audit_service import Origin

# api/openapi.py puts API_V1_PREFIX before the address.
bearer = OAuth2PasswordBearer(tokenUrl="auth/login", auto_error=False)


async def get_shared(request: Request) -> Shared:
    """What the application was made with."""
    shared: Shared = request.app.state.shared
    return shared


SharedDep = Annotated[Shared, Depends(get_shared)]


async def get_settings(shared: SharedDep) -> Settings:
    """The settings that the application was made with."""
    return shared.settings


async def get_database(shared: SharedDep) -> DatabaseManager:
    """The application's database."""
    return shared.database


SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[DatabaseManager, Depends(get_database)]


async def get_db(shared: SharedDep) -> AsyncIterator[AsyncSession]:
    """One session a request, committed when the handler is done."""
    async with shared.database.transaction() as session:
        yield session


# The scope makes the commit come before the answer: if it fails, so does the
# request. Use this alias everywhere; another scope would open a second session.
SessionDep = Annotated[AsyncSession, Depends(get_db, scope="function")]


async def get_origin(request: Request) -> Origin:
    """Where the request comes from."""
    address = request.client.host if request.client else "unknown"
    return Origin(address, request.state.request_id)


OriginDep = Annotated[Origin, Depends(get_origin)]


async def get_wiring(
    shared: SharedDep, session: SessionDep, origin: OriginDep, tasks: BackgroundTasks
) -> Wiring:
    """What services are made of. Mail goes out after the commit and the answer."""
    return Wiring(
        shared, session, origin, lambda mail: tasks.add_task(shared.mailer.send, mail)
    )


WiringDep = Annotated[Wiring, Depends(get_wiring)]
Later = Callable[[Callable[[Wiring], Awaitable[None]]], None]


async def get_later(
    shared: SharedDep, origin: OriginDep, tasks: BackgroundTasks
) -> Later:
    """A way to do work after the answer, so that its time tells nothing."""

    async def work(action: Callable[[Wiring], Awaitable[None]]) -> None:
        await shared.in_transaction(origin, action)

    return lambda action: tasks.add_task(work, action)


LaterDep = Annotated[Later, Depends(get_later)]


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
            raise await wiring.audit.refused(error, "role", actor=user.id)
        return user

    return guard


AdminUser = Annotated[User, Depends(require_role(Role.ADMIN))]
StaffUser = Annotated[User, Depends(require_role(Role.ADMIN, Role.MODERATOR))]
