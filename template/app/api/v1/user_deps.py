"""The wiring of the users' slice."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import PasswordsDep, SessionDep
from app.repository.user_repository import UserRepository
from app.service.user_service import UserService


async def get_user_repository(session: SessionDep) -> UserRepository:
    """The users in the database, as this request's transaction sees them."""
    return UserRepository(session)


async def get_user_service(
    repository: Annotated[UserRepository, Depends(get_user_repository)],
    passwords: PasswordsDep,
) -> UserService:
    """The use cases of the users' administration."""
    return UserService(repository, passwords)


UserServiceDep = Annotated[UserService, Depends(get_user_service)]
