"""Payments: the provider announces them without signing in."""

from typing import Annotated

from fastapi import status
from pydantic import Field

from app.api.deps import ScopeDep
from app.api.openapi import PUBLIC
from app.api.slice_router import SliceRouter
from app.domain.jobs.report import BookPayment
from app.domain.schemas.base import PlainStr, RequestSchema
from app.domain.schemas.common import MessageResponse

router = SliceRouter(prefix="/payments", tags=["Payments"])


class Announcement(RequestSchema):
    """A payment, as the provider announces it."""

    reference: Annotated[PlainStr, Field(min_length=1, max_length=100)]


@router.post("/announced", status_code=status.HTTP_202_ACCEPTED, openapi_extra=PUBLIC)
async def announce_payment(data: Announcement, scope: ScopeDep) -> MessageResponse:
    """Announce a payment."""
    await scope.jobs.add(BookPayment(reference=data.reference))
    return MessageResponse(message="The payment will be booked")
