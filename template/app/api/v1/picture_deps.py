"""Dependencies of the picture routes."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from app.api.deps import ScopeDep, SettingsDep
from app.service.picture_service import PictureService


async def get_picture_service(scope: ScopeDep) -> PictureService:
    """Return the picture service."""
    return PictureService(
        scope.container.uploads, scope.users, scope.unit, scope.audit, scope.jobs
    )


async def get_upload(request: Request, settings: SettingsDep) -> AsyncIterator[bytes]:
    """Return the body as a stream of up to MAX_UPLOAD_SIZE bytes."""
    request.state.body_limit = settings.MAX_UPLOAD_SIZE
    return request.stream()


PictureServiceDep = Annotated[PictureService, Depends(get_picture_service)]
Upload = Annotated[AsyncIterator[bytes], Depends(get_upload)]
