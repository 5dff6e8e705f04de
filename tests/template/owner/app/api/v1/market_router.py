"""Rates and deals, with errors that the routes declare."""

from typing import Annotated, Any

from pydantic import Field

from app.api.deps import CurrentCaller
from app.api.slice_router import SliceRouter
from app.core.exceptions import InvalidInputException, ServiceUnavailableException
from app.domain.schemas.base import RequestSchema
from app.domain.schemas.common import MessageResponse

router = SliceRouter(prefix="/market", tags=["Market"])
CLOSED: dict[int | str, dict[str, Any]] = {422: {"description": "The market is closed"}}
UNAVAILABLE: dict[int | str, dict[str, Any]] = {503: {"description": "No rates"}}


class Deal(RequestSchema):
    """A deal."""

    amount: Annotated[int, Field(strict=True, ge=0, le=1000)]


@router.get("/rates/{currency}", responses=UNAVAILABLE)
async def get_market_rate(currency: str, _: CurrentCaller) -> MessageResponse:
    """Get a rate from another service, which is missing here."""
    raise ServiceUnavailableException(f"There is no rate of {currency}")


@router.post("/deals", responses=CLOSED)
async def make_deal(data: Deal, _: CurrentCaller) -> MessageResponse:
    """Make a deal of an even amount."""
    if data.amount % 2:
        raise InvalidInputException("amount", "The market is closed")
    return MessageResponse(message="A deal")
