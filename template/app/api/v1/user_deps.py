"""Dependencies of the user routes."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import ScopeDep
from app.repository.user_repository import UserRepository
from app.service.user_service import UserService


async def get_user_repository(scope: ScopeDep) -> UserRepository:
    """Return the user repository of this request's transaction."""
    # The scope has it, because many services use it. A repository that only one service
    # uses is created with that service.
    return scope.users


async def get_user_service(scope: ScopeDep) -> UserService:
    """Return the user service."""
    return UserService(
        await get_user_repository(scope),
        scope.unit,
        scope.container.hasher,
        scope.tokens,
        scope.audit,
        scope.container.cursors,
        scope.links,
    )


UserServiceDep = Annotated[UserService, Depends(get_user_service)]
