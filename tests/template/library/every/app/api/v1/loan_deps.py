"""Dependencies of the slice of loans."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import SharedDep, WiringDep, get_wiring
from app.api.wiring import Wiring
from app.repository.loan_repository import LoanRepository
from app.service.loan_service import LoanService


async def get_loan_repository(
    wiring: Annotated[Wiring, Depends(get_wiring)],
) -> LoanRepository:
    """Return the repository of loans in this request's transaction."""
    return LoanRepository(wiring.session)


async def get_loan_service(wiring: WiringDep, shared: SharedDep) -> LoanService:
    """Return the use cases of loans."""
    return LoanService(
        await get_loan_repository(wiring),
        wiring.audit,
        shared.cursors,
        wiring.origin,
    )


LoanServiceDep = Annotated[LoanService, Depends(get_loan_service)]
