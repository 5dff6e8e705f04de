"""Loans."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status

from app.api import conditions
from app.api.conditions import ETAG, SeenDep, tagged
from app.api.deps import CurrentUser, StaffUser, origin_of
from app.api.idempotency import IdempotentRoute
from app.api.slice_router import SliceRouter
from app.api.v1.loan_deps import LoanServiceDep
from app.domain.models.loan import Loan
from app.domain.schemas.common import MessageResponse
from app.domain.schemas.loan import (
    LoanCreate,
    LoanListParams,
    LoanListResponse,
    LoanResponse,
)
from app.utils.pagination import Page

router = SliceRouter(prefix="/loans", tags=["Loans"], route_class=IdempotentRoute)


@router.post(
    "",
    response_model=LoanResponse,
    status_code=status.HTTP_201_CREATED,
    responses={201: conditions.ETAG},
)
async def lend(
    data: LoanCreate, user: StaffUser, service: LoanServiceDep, response: Response
) -> Loan:
    """Lend a copy."""
    return conditions.tagged(response, await service.lend(data, user.id))


@router.get("", response_model=LoanListResponse)
async def list_loans(
    params: Annotated[LoanListParams, Query()], _: CurrentUser, service: LoanServiceDep
) -> Page[Loan]:
    """List loans."""
    return await service.list_loans(params)


@router.get("/origin")
async def show_origin(request: Request, _: CurrentUser) -> MessageResponse:
    """Return the client address of a request."""
    return MessageResponse(message=origin_of(request).address)


@router.get("/{loan_id}", response_model=LoanResponse, responses={200: ETAG})
async def get_loan(
    loan_id: UUID, _: CurrentUser, service: LoanServiceDep, response: Response
) -> Loan:
    """Get a loan."""
    return tagged(response, await service.get(loan_id))


@router.delete("/{loan_id}")
async def give_back(
    loan_id: UUID, _: StaffUser, service: LoanServiceDep, seen: SeenDep
) -> MessageResponse:
    """Return a copy."""
    await service.give_back(loan_id, seen)
    return MessageResponse(message="Given back")
