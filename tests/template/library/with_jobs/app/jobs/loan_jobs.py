"""Handlers of the jobs of loans."""

from typing import TYPE_CHECKING

from loguru import logger
from sqlalchemy import func, select

from app.domain.jobs.loan import CountLoans, RemindReader
from app.domain.models.loan import Loan
from app.jobs.registry import JobRouter

if TYPE_CHECKING:
    from app.api.wiring import Shared, Wiring
    from app.service.audit_service import Origin

router = JobRouter()


@router.does(RemindReader)
async def remind_reader(job: RemindReader, shared: "Shared", origin: "Origin") -> None:
    """Write a line to the log."""
    logger.info("Reminder of loan {} for {}", job.loan_id, origin.request_id)


@router.does(CountLoans)
async def count_loans(job: CountLoans, shared: "Shared", origin: "Origin") -> None:
    """Write a line to the log."""

    async def count(wiring: "Wiring") -> int:
        return await wiring.session.scalar(select(func.count()).select_from(Loan)) or 0

    logger.info("{} loans", await shared.in_transaction(origin, count))
