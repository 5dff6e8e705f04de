"""Dependencies of the account routes."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import ScopeDep
from app.service.account_service import AccountService
from app.service.password_service import PasswordService


async def get_account_service(scope: ScopeDep) -> AccountService:
    """Return the account service."""
    return AccountService(
        scope.users,
        scope.unit,
        scope.links,
        scope.notices,
        scope.container.hasher,
        scope.limits,
        scope.audit,
    )


async def get_password_service(scope: ScopeDep) -> PasswordService:
    """Return the password service."""
    return PasswordService(
        scope.users,
        scope.unit,
        scope.links,
        scope.notices,
        scope.tokens,
        scope.container.hasher,
        scope.limits,
        scope.audit,
    )


AccountServiceDep = Annotated[AccountService, Depends(get_account_service)]
PasswordServiceDep = Annotated[PasswordService, Depends(get_password_service)]
