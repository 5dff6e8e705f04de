"""The audit log: repeated refusals are counted in one row."""

from typing import Any
from uuid import uuid4

import pytest

from app.core.context import RequestContext
from app.service.audit_service import WINDOW, AuditService
from app.utils.addresses import UNKNOWN
from tests.fakes.audit_repository import FakeAuditRepository

ACTOR, SUBJECT = uuid4(), uuid4()
FIRST: dict[str, Any] = {
    "action": "role",
    "actor": None,
    "subject": SUBJECT,
    "address": "2001:db8::1",
    "time": WINDOW - 1.0,
}


@pytest.mark.parametrize(
    ("first", "change", "rows"),
    [
        ({}, {}, 1),
        ({}, {"time": 0.0}, 1),
        ({}, {"time": float(WINDOW)}, 2),
        ({}, {"action": "login"}, 2),
        ({}, {"subject": None}, 2),
        ({}, {"actor": ACTOR}, 2),
        ({}, {"address": "2001:db8::2"}, 1),
        ({}, {"address": "2001:db8:0:1::1"}, 1),
        ({}, {"address": "2001:db8:1::1"}, 2),
        ({"address": "192.0.2.1"}, {"address": "192.0.2.2"}, 2),
        ({"address": UNKNOWN}, {}, 1),
        ({"address": UNKNOWN, "subject": None}, {}, 2),
        ({"actor": ACTOR}, {"actor": ACTOR, "address": "192.0.2.2"}, 1),
        ({"actor": ACTOR}, {"actor": uuid4()}, 2),
    ],
)
async def test_repeated_refusals_of_a_caller_are_one_row(
    monkeypatch: pytest.MonkeyPatch,
    first: dict[str, Any],
    change: dict[str, Any],
    rows: int,
) -> None:
    record = FakeAuditRepository()
    for given in (FIRST | first, FIRST | first | change):
        now = given.pop("time")
        monkeypatch.setattr("app.service.audit_service.time", lambda now=now: now)
        context = RequestContext(given.pop("address"), "request")
        await AuditService(record, context).refusal(**given)()
    assert [event.count for event in record.events] == [3 - rows] * rows


async def test_each_change_is_a_row() -> None:
    record = FakeAuditRepository()
    for _ in range(2):
        audit = AuditService(record, RequestContext("192.0.2.1", "request"))
        await audit.done("update-user", actor=ACTOR, subject=SUBJECT)
    assert record.actions == ["update-user"] * 2
    assert len(record.events) == 2
