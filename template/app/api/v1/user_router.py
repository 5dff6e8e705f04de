"""User routes: your own account, and administration."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status

from app.api.conditions import ETAG, IfMatchDep, with_etag
from app.api.deps import AdminUser, CurrentUser, StaffUser
from app.api.slice_router import SliceRouter
from app.api.v1.account_deps import AccountServiceDep
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

router = SliceRouter(prefix="/users", tags=["Users"])


@router.get("/me", response_model=UserResponse, responses={200: ETAG})
async def get_me(user: CurrentUser, response: Response) -> User:
    """Get the signed-in user."""
    return with_etag(response, user)


@router.patch("/me", response_model=UserResponse, responses={200: ETAG})
async def update_me(
    data: AccountUpdate,
    user: CurrentUser,
    service: AccountServiceDep,
    if_match: IfMatchDep,
    response: Response,
) -> User:
    """Update your account. A new e-mail address takes effect once verified."""
    return with_etag(response, await service.update(user, data, if_match))


@router.delete("/me")
async def delete_me(
    user: CurrentUser, service: UserServiceDep, if_match: IfMatchDep
) -> MessageResponse:
    """Soft-delete your account."""
    await service.delete_user(user.id, user.id, if_match)
    return MessageResponse(message="User deleted successfully")


# The audit log has each change with its admin, so the services get the admin's id.
# Added slices write no audit log.
@router.post(
    "",
    response_model=UserResponse,
    status_code=status.HTTP_201_CREATED,
    responses={201: ETAG},
)
async def create_user(
    data: UserCreate, admin: AdminUser, service: UserServiceDep, response: Response
) -> User:
    """Create a user."""
    return with_etag(response, await service.create_user(data, actor=admin.id))


@router.get("", response_model=UserListResponse)
async def list_users(
    params: Annotated[UserListParams, Query()], _: StaffUser, service: UserServiceDep
) -> Page[User]:
    """List users, by page number or by cursor."""
    return await service.list_users(params)


@router.get("/{user_id}", response_model=UserResponse, responses={200: ETAG})
async def get_user(
    user_id: UUID, _: StaffUser, service: UserServiceDep, response: Response
) -> User:
    """Get a user."""
    return with_etag(response, await service.get_user(user_id))


@router.patch("/{user_id}", response_model=UserResponse, responses={200: ETAG})
async def update_user(
    user_id: UUID,
    data: UserUpdate,
    admin: AdminUser,
    service: UserServiceDep,
    if_match: IfMatchDep,
    response: Response,
) -> User:
    """Update a user. Omitted fields stay unchanged."""
    return with_etag(
        response, await service.update_user(user_id, data, admin.id, if_match)
    )


@router.delete("/{user_id}")
async def delete_user(
    user_id: UUID, admin: AdminUser, service: UserServiceDep, if_match: IfMatchDep
) -> MessageResponse:
    """Soft-delete a user."""
    await service.delete_user(user_id, admin.id, if_match)
    return MessageResponse(message="User deleted successfully")
