"""Dependencies of the users' routes."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import ScopeDep
from app.service.user_service import UserService


async def get_user_service(scope: ScopeDep) -> UserService:
    """The use cases of the users' administration."""
    return UserService(
        scope.users,
        scope.unit,
        scope.container.hasher,
        scope.tokens,
        scope.audit,
        scope.container.cursors,
    )


UserServiceDep = Annotated[UserService, Depends(get_user_service)]
