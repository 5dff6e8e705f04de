"""Users: oneself, and for admins the administration."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status

from app.api.deps import CurrentUser, require_role
from app.api.v1.user_deps import UserServiceDep
from app.domain.models.user import User
from app.domain.roles import Role
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
admin_only = [Depends(require_role(Role.ADMIN))]


@router.get("/me", response_model=UserResponse)
async def get_me(user: CurrentUser) -> User:
    """Get the signed-in user."""
    return user


@router.post(
    "",
    response_model=UserResponse,
    status_code=status.HTTP_201_CREATED,
    dependencies=admin_only,
)
async def create_user(data: UserCreate, service: UserServiceDep) -> User:
    """Create a user."""
    return await service.create_user(data)


@router.get("", response_model=UserListResponse, dependencies=admin_only)
async def list_users(
    params: Annotated[UserListParams, Query()], service: UserServiceDep
) -> Page[User]:
    """List users, a page at a time."""
    return await service.list_users(params)


@router.get("/{user_id}", response_model=UserResponse, dependencies=admin_only)
async def get_user(user_id: UUID, service: UserServiceDep) -> User:
    """Get a user."""
    return await service.get_user(user_id)


@router.patch("/{user_id}", response_model=UserResponse, dependencies=admin_only)
async def update_user(user_id: UUID, data: UserUpdate, service: UserServiceDep) -> User:
    """Change the fields of a user that are given."""
    return await service.update_user(user_id, data)


@router.delete("/{user_id}", dependencies=admin_only)
async def delete_user(user_id: UUID, service: UserServiceDep) -> MessageResponse:
    """Delete a user softly."""
    await service.delete_user(user_id)
    return MessageResponse(message="User deleted successfully")
