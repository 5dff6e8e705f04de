"""Users: oneself, and the administration."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status

from app.api.deps import AdminUser, CurrentUser, StaffUser, WiringDep
from app.api.v1.user_deps import UserServiceDep
from app.domain.models.user import User
from app.domain.schemas.account import AccountUpdate
from app.domain.schemas.common import MessageResponse
from app.domain.schemas.user import (
    UserCreate,
    UserListParams,
    UserListResponse,
    UserResponse,
    UserUpdate,
)
from app.utils.pagination import Page

router = APIRouter(prefix="/users", tags=["Users"])


@router.get("/me", response_model=UserResponse)
async def get_me(user: CurrentUser) -> User:
    """Get the signed-in user."""
    return user


@router.patch("/me", response_model=UserResponse)
async def update_me(data: AccountUpdate, user: CurrentUser, wiring: WiringDep) -> User:
    """Change one's name; ask for another e-mail, which counts once it is verified."""
    return await wiring.accounts.update(user, data)


@router.delete("/me")
async def delete_me(user: CurrentUser, service: UserServiceDep) -> MessageResponse:
    """Delete one's account softly."""
    await service.delete_user(user.id, actor=user.id)
    return MessageResponse(message="User deleted successfully")


@router.post("", response_model=UserResponse, status_code=status.HTTP_201_CREATED)
async def create_user(
    data: UserCreate, admin: AdminUser, service: UserServiceDep
) -> User:
    """Create a user."""
    return await service.create_user(data, actor=admin.id)


@router.get("", response_model=UserListResponse)
async def list_users(
    params: Annotated[UserListParams, Query()], _: StaffUser, service: UserServiceDep
) -> Page[User]:
    """List users, a page at a time."""
    return await service.list_users(params)


@router.get("/{user_id}", response_model=UserResponse)
async def get_user(user_id: UUID, _: StaffUser, service: UserServiceDep) -> User:
    """Get a user."""
    return await service.get_user(user_id)


@router.patch("/{user_id}", response_model=UserResponse)
async def update_user(
    user_id: UUID, data: UserUpdate, admin: AdminUser, service: UserServiceDep
) -> User:
    """Change the fields of a user that are given."""
    return await service.update_user(user_id, data, actor=admin.id)


@router.delete("/{user_id}")
async def delete_user(
    user_id: UUID, admin: AdminUser, service: UserServiceDep
) -> MessageResponse:
    """Delete a user softly."""
    await service.delete_user(user_id, actor=admin.id)
    return MessageResponse(message="User deleted successfully")
