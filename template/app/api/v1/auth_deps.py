"""Dependencies of the routes of signing in."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import ScopeDep
from app.service.auth_service import AuthService


async def get_auth_service(scope: ScopeDep) -> AuthService:
    """The use cases of signing in and out."""
    return AuthService(
        scope.users,
        scope.unit,
        scope.tokens,
        scope.container.hasher,
        scope.limits,
        scope.audit,
    )


AuthServiceDep = Annotated[AuthService, Depends(get_auth_service)]
