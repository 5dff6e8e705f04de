"""API keys, each shown once."""

from typing import Annotated

from fastapi import Depends, status

from app.api.deps import CurrentUser, ScopeDep, require_role
from app.api.idempotency import IdempotentRoute
from app.api.openapi import NO_REPLAY
from app.api.slice_router import SliceRouter
from app.core.security import new_token
from app.domain.roles import Caller, Role
from app.domain.schemas.base import BaseSchema
from app.domain.schemas.common import MessageResponse

router = SliceRouter(prefix="/keys", tags=["Keys"], route_class=IdempotentRoute)
SupportUser = Annotated[Caller, Depends(require_role(Role.SUPPORT))]


class KeyResponse(BaseSchema):
    """A key, which cannot be shown again."""

    key: str


@router.post("", status_code=status.HTTP_201_CREATED, openapi_extra=NO_REPLAY)
async def create_key(user: CurrentUser, scope: ScopeDep) -> KeyResponse:
    """Create a key."""
    await scope.audit.done("create-key", actor=user.id, subject=user.id)
    return KeyResponse(key=new_token())


@router.post("/checks")
async def check_keys(user: SupportUser) -> MessageResponse:
    """Check all keys, for support only."""
    return MessageResponse(message="All keys are in order")
