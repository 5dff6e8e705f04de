"""Reports and payments."""

from loguru import logger

from app.api.wiring import Shared
from app.domain.jobs.report import BookPayment, ReportUsage
from app.jobs.registry import JobRouter
from app.service.audit_service import Origin

router = JobRouter()


@router.does(ReportUsage)
async def report_usage(job: ReportUsage, shared: Shared, origin: Origin) -> None:
    """Write a line to the log."""
    logger.info("The service is in use")


@router.does(BookPayment)
async def book_payment(job: BookPayment, shared: Shared, origin: Origin) -> None:
    """Write a line to the log."""
    logger.info("Payment booked")
