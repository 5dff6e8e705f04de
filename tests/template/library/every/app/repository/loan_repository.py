"""Queries over loans."""

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database_guards import ReadingSession
from app.domain.models.loan import Loan
from app.repository.base import BaseRepository
from app.utils.pagination import Page, Part


class LoanRepository(BaseRepository[Loan]):
    """The current loans."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Loan, session)

    async def get_loans(self, part: Part) -> Page[Loan]:
        """Get a page of loans."""
        where: list[ColumnElement[bool]] = []
        if isinstance(self._session.sync_session, ReadingSession):
            return await self.get_all(part, where)
        raise AssertionError("a GET only reads")
