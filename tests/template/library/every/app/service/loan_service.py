"""Use cases of loans."""

from typing import Protocol
from uuid import UUID

from app.core.exceptions import NotFoundException
from app.domain.models.loan import Loan
from app.domain.schemas.loan import LoanCreate, LoanListParams
from app.service.audit_service import AuditService, Origin
from app.service.cursor_service import CursorService
from app.service.precondition import Seen, check_seen
from app.utils.pagination import Page, Part


class LoanStore(Protocol):
    """The methods of the repository that this service needs."""

    async def get_by_id(self, id: UUID) -> Loan | None: ...
    async def get_for_update(self, id: UUID) -> Loan | None: ...
    async def create(self, entity: Loan) -> Loan: ...
    async def hard_delete(self, id: UUID) -> bool: ...
    async def get_loans(self, part: Part) -> Page[Loan]: ...


class LoanService:
    """The use cases of loans."""

    def __init__(
        self,
        store: LoanStore,
        audit: AuditService,
        cursors: CursorService,
        origin: Origin,
    ) -> None:
        self._store = store
        self._audit = audit
        self._cursors = cursors
        self._origin = origin

    async def lend(self, data: LoanCreate, actor: UUID) -> Loan:
        """Lend a copy."""
        loan = await self._store.create(Loan(copy=data.copy_, due_at=data.due_at))
        await self._audit.done("lend", actor=actor, subject=loan.id)
        return loan

    async def get(self, loan_id: UUID) -> Loan:
        """Get a loan.

        Raises:
            NotFoundException: the loan does not exist.
        """
        loan = await self._store.get_by_id(loan_id)
        if loan is None:
            raise NotFoundException("Loan", loan_id)
        return loan

    async def list_loans(self, params: LoanListParams) -> Page[Loan]:
        """List loans."""
        after = self._cursors.read(params.cursor, f"loans {params.sort_by}")
        descending = params.sort_order == "desc"
        part = Part(params.sort_by, descending, params.limit, params.page, after)
        return await self._store.get_loans(part)

    async def give_back(self, loan_id: UUID, seen: Seen = None) -> None:
        """End a loan."""
        await check_seen(self._store, loan_id, seen)
        if not await self._store.hard_delete(loan_id):
            raise NotFoundException("Loan", loan_id)
