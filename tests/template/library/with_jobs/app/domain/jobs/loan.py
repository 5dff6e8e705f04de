"""Jobs of loans."""

from uuid import UUID

from app.domain.jobs.base import Job


class RemindReader(Job):
    """Remind a reader of a loan."""

    name = "remind-reader"

    loan_id: UUID


class CountLoans(Job):
    """Count the loans, each night."""

    name = "count-loans"
    schedule = "5 2 * * *"
