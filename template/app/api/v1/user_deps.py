"""The wiring of the users' slice."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import WiringDep
from app.repository.user_repository import UserRepository
from app.service.user_service import UserService


async def get_user_repository(wiring: WiringDep) -> UserRepository:
    """The users in the database, as this request's transaction sees them."""
    return wiring.users


async def get_user_service(wiring: WiringDep) -> UserService:
    """The use cases of the users' administration."""
    return UserService(
        await get_user_repository(wiring),
        wiring.shared.hasher,
        wiring.tokens,
        wiring.audit,
        wiring.shared.cursors,
    )


UserServiceDep = Annotated[UserService, Depends(get_user_service)]
