"""Dependencies of the pictures' routes."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from app.api.deps import (
    ContainerDep,
    ScopeDep,
    TokenDep,
    get_current_user,
    request_context,
)
from app.service.picture_service import PictureService, receive_picture


async def get_picture_service(scope: ScopeDep) -> PictureService:
    """The use cases of pictures."""
    return PictureService(scope.container.files, scope.users, scope.audit, scope.jobs)


async def get_received(
    request: Request, container: ContainerDep, token: TokenDep
) -> AsyncIterator[str]:
    """Store the picture of the body; give its name, and remove it where all else fails.

    Who sends it is found out before, in a transaction of its own: nobody else's body is
    read, and no connection is held while it arrives.
    """
    context = request_context(request)
    await container.in_transaction(
        context, lambda scope: get_current_user(scope, token)
    )
    request.state.body_limit = container.settings.MAX_UPLOAD_SIZE
    name = await receive_picture(container.files, request.stream())
    try:
        yield name
    except BaseException:
        await container.files.remove(name)
        raise


PictureServiceDep = Annotated[PictureService, Depends(get_picture_service)]
# It stands first among a handler's parameters: then it sees whether the commit fails.
ReceivedPicture = Annotated[str, Depends(get_received, scope="function")]
