"""Reports and payments."""

from loguru import logger

from app.container import Container
from app.core.context import RequestContext
from app.domain.jobs.report import BookPayment, ReportUsage
from app.jobs.registry import JobRouter

router = JobRouter()


@router.handler(ReportUsage)
async def report_usage(
    job: ReportUsage, container: Container, context: RequestContext
) -> None:
    """Write a line to the log."""
    logger.info("The service is in use")


@router.handler(BookPayment)
async def book_payment(
    job: BookPayment, container: Container, context: RequestContext
) -> None:
    """Write a line to the log."""
    logger.info("Payment booked")
