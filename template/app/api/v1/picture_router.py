"""Picture routes."""

from typing import Any
from uuid import UUID

from fastapi import Response
from fastapi.responses import FileResponse

from app.api.conditions import ETAG, with_etag
from app.api.deps import CurrentUser, StaffUser
from app.api.files import file_response
from app.api.slice_router import SliceRouter
from app.api.v1.picture_deps import PictureServiceDep, Upload
from app.api.v1.user_deps import UserServiceDep
from app.domain.models.user import User
from app.domain.pictures import PictureType
from app.domain.schemas.common import MessageResponse
from app.domain.schemas.user import UserResponse

router = SliceRouter(prefix="/users", tags=["Pictures"])

BYTES = {"schema": {"type": "string", "format": "binary"}}
BINARY = {kind.media_type: BYTES for kind in PictureType}
PICTURE: dict[str, Any] = {"description": "The picture", "content": BINARY}
# One type for all: the content decides, and a client can send only one by itself.
UPLOAD = {"required": True, "content": {"application/octet-stream": BYTES}}


@router.put(
    "/me/picture",
    response_model=UserResponse,
    responses={200: ETAG},
    openapi_extra={"requestBody": UPLOAD},
)
async def set_picture(
    user: CurrentUser,
    chunks: Upload,
    pictures: PictureServiceDep,
    response: Response,
) -> User:
    """Set your picture: a JPEG, PNG or WebP file as the body."""
    return with_etag(response, await pictures.set_picture(user, chunks))


@router.delete("/me/picture")
async def delete_picture(
    user: CurrentUser, pictures: PictureServiceDep
) -> MessageResponse:
    """Remove your picture."""
    await pictures.remove_picture(user)
    return MessageResponse(message="Picture removed")


@router.get("/me/picture", response_class=FileResponse, responses={200: PICTURE})
async def get_my_picture(user: CurrentUser, pictures: PictureServiceDep) -> Response:
    """Get your picture."""
    return file_response(await pictures.find(user))


@router.get("/{user_id}/picture", response_class=FileResponse, responses={200: PICTURE})
async def get_picture(
    user_id: UUID, _: StaffUser, users: UserServiceDep, pictures: PictureServiceDep
) -> Response:
    """Get a user's picture."""
    return file_response(await pictures.find(await users.get_user(user_id)))
