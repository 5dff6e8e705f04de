"""The wiring of the slice of loans."""

from typing import Annotated

from fastapi import Depends

from app.api.deps import SharedDep, WiringDep
from app.repository.loan_repository import LoanRepository
from app.service.loan_service import LoanService


async def get_loan_service(wiring: WiringDep, shared: SharedDep) -> LoanService:
    """The use cases of loans."""
    return LoanService(
        LoanRepository(wiring.session),
        wiring.audit,
        shared.cursors,
        wiring.origin,
    )


LoanServiceDep = Annotated[LoanService, Depends(get_loan_service)]
