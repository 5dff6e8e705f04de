"""What all slices share: the session, the signed-in user, the guards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.exceptions import ForbiddenException, UnauthorizedException
from app.core.security import PasswordHasher, TokenSigner
from app.domain.models.user import User
from app.domain.roles import Role
from app.repository.user_repository import UserRepository
from app.service.auth_service import AuthService

# api/openapi.py puts API_V1_PREFIX before the address.
bearer = OAuth2PasswordBearer(tokenUrl="auth/login", auto_error=False)


async def get_settings(request: Request) -> Settings:
    """The settings that the application was made with."""
    settings: Settings = request.app.state.settings
    return settings


async def get_database(request: Request) -> DatabaseManager:
    """The application's database."""
    database: DatabaseManager = request.app.state.database
    return database


async def get_passwords(request: Request) -> PasswordHasher:
    """The application's password hasher."""
    passwords: PasswordHasher = request.app.state.passwords
    return passwords


SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[DatabaseManager, Depends(get_database)]
PasswordsDep = Annotated[PasswordHasher, Depends(get_passwords)]


async def get_db(database: DatabaseDep) -> AsyncIterator[AsyncSession]:
    """One session a request, committed when the handler is done."""
    async with database.transaction() as session:
        yield session


# The scope makes the commit come before the answer: if it fails, so does the
# request. Use this alias everywhere; another scope would open a second session.
SessionDep = Annotated[AsyncSession, Depends(get_db, scope="function")]


async def get_auth_service(
    request: Request, session: SessionDep, passwords: PasswordsDep
) -> AuthService:
    """The use cases of signing in."""
    tokens: TokenSigner = request.app.state.tokens
    return AuthService(UserRepository(session), passwords, tokens)


AuthServiceDep = Annotated[AuthService, Depends(get_auth_service)]


async def get_current_user(
    service: AuthServiceDep, token: Annotated[str | None, Depends(bearer)]
) -> User:
    """The signed-in user.

    Raises:
        UnauthorizedException: nobody is signed in.
    """
    if token is None:
        raise UnauthorizedException("Sign in first")
    return await service.get_current_user(token)


CurrentUser = Annotated[User, Depends(get_current_user)]


def require_role(*roles: Role) -> Callable[[User], Awaitable[User]]:
    """Make a guard that lets these roles pass."""

    async def guard(user: CurrentUser) -> User:
        if user.role not in roles:
            raise ForbiddenException("Your role does not allow this")
        return user

    return guard


AdminUser = Annotated[User, Depends(require_role(Role.ADMIN))]
