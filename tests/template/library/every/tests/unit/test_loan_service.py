"""Lending and giving back."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.core.config import Settings
from app.core.exceptions import NotFoundException, PreconditionFailedException
from app.core.seal import Seal
from app.domain.schemas.loan import LoanCreate, LoanListParams
from app.service.audit_service import AuditService, Origin
from app.service.cursor_service import CursorService
from app.service.loan_service import LoanService
from tests.fakes.audit_repository import FakeAuditRepository
from tests.fakes.loan_repository import FakeLoanRepository

LOAN = LoanCreate.model_validate({"copy": "A-1", "due_at": datetime.now(UTC)})
ORIGIN = Origin("192.0.2.1", "request")


async def test_a_copy_is_lent_and_returned(settings: Settings) -> None:
    record = FakeAuditRepository()
    service = LoanService(
        FakeLoanRepository(),
        AuditService(record, ORIGIN),
        CursorService(Seal(settings, "cursor")),
        ORIGIN,
    )
    loan = await service.lend(LOAN, uuid4())
    assert record.said == ["lend"]
    assert (await service.list_loans(LoanListParams())).items == [loan]
    with pytest.raises(PreconditionFailedException):
        await service.give_back(loan.id, {"another"})
    await service.give_back(loan.id)
    with pytest.raises(NotFoundException):
        await service.get(loan.id)
