"""Dependencies of the sign-in routes."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import ScopeDep
from app.service.auth_service import AuthService


async def get_auth_service(scope: ScopeDep) -> AuthService:
    """Return the authentication service."""
    return AuthService(
        scope.users,
        scope.unit,
        scope.tokens,
        scope.container.hasher,
        scope.limits,
        scope.audit,
    )


AuthServiceDep = Annotated[AuthService, Depends(get_auth_service)]
