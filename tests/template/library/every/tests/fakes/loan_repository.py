"""Loans in memory."""

from app.domain.models.loan import Loan
from app.utils.pagination import Page, Part
from tests.fakes.base import FakeRepository


class FakeLoanRepository(FakeRepository[Loan]):
    """A `LoanRepository` in memory."""

    async def get_loans(self, part: Part) -> Page[Loan]:
        return self._page(self._alive(), part)
