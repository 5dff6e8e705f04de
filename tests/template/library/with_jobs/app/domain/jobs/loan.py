"""Jobs of loans."""

from uuid import UUID

from app.domain.jobs.base import Job


class RemindReader(Job):
    """A reminder of a loan to its reader."""

    name = "remind-reader"

    loan_id: UUID


class CountLoans(Job):
    """The nightly count of loans."""

    name = "count-loans"
    schedule = "5 2 * * *"
