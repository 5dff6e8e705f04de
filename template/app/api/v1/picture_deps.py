"""The wiring of the pictures' slice."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from app.api.deps import SharedDep, TokenDep, WiringDep, get_current_user, origin_of
from app.service.picture_service import PictureService, receive_picture


async def get_picture_service(wiring: WiringDep) -> PictureService:
    """The use cases of pictures."""
    return PictureService(wiring.shared.files, wiring.users, wiring.audit, wiring.jobs)


async def get_received(
    request: Request, shared: SharedDep, token: TokenDep
) -> AsyncIterator[str]:
    """Store the picture of the body; give its name, and remove it where all else fails.

    Who sends it is found out before, in a transaction of its own: nobody else's body is
    read, and no connection is held while it arrives.
    """
    origin = origin_of(request)
    await shared.in_transaction(origin, lambda wiring: get_current_user(wiring, token))
    request.state.body_limit = shared.settings.MAX_UPLOAD_SIZE
    name = await receive_picture(shared.files, request.stream())
    try:
        yield name
    except BaseException:
        await shared.files.remove(name)
        raise


PictureServiceDep = Annotated[PictureService, Depends(get_picture_service)]
# It stands first among a handler's parameters: then it sees whether the commit fails.
ReceivedPicture = Annotated[str, Depends(get_received, scope="function")]
