"""Rules of idempotency keys."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.core.config import Settings
from app.core.exceptions import ConflictException, InvalidInputException
from app.kit.signer import Signer
from app.service.idempotency_service import Answer, Call, IdempotencyService
from tests.conftest import MakeSettings
from tests.fakes.idempotency_repository import FakeIdempotencyRepository

CALL = Call(uuid4(), "POST", "/books", "key", b'{"title": "SQL"}')
ANSWER = Answer(201, {"etag": '"1"'}, b'{"id": 1}')


@pytest.fixture
def answers() -> FakeIdempotencyRepository:
    return FakeIdempotencyRepository()


@pytest.fixture
def service(
    answers: FakeIdempotencyRepository, settings: Settings
) -> IdempotencyService:
    return IdempotencyService(answers, Signer(settings, "idempotency"))


async def test_the_first_response_is_replayed(service: IdempotencyService) -> None:
    assert await service.begin(CALL) is None
    await service.keep(CALL, ANSWER)
    assert await service.begin(CALL) == ANSWER


@pytest.mark.parametrize(
    "other",
    [{"caller": uuid4()}, {"method": "PUT"}, {"path": "/pens"}, {"key": "another"}],
)
async def test_a_key_is_scoped_to_caller_method_and_path(
    service: IdempotencyService, other: dict[str, object]
) -> None:
    await service.keep(CALL, ANSWER)
    assert await service.begin(replace(CALL, **other)) is None  # type: ignore[arg-type]  # one of several fields


async def test_a_key_with_another_body_is_refused(
    service: IdempotencyService,
) -> None:
    await service.keep(CALL, ANSWER)
    with pytest.raises(InvalidInputException, match="another request"):
        await service.begin(replace(CALL, content=b"{}"))


async def test_a_call_claimed_by_another_request_is_in_flight(
    service: IdempotencyService, answers: FakeIdempotencyRepository
) -> None:
    answers.claimed.add(CALL.name)
    with pytest.raises(ConflictException, match="in progress") as refused:
        await service.begin(CALL)
    assert refused.value.retry_after == 1


async def test_a_claim_is_renewed_unless_another_request_has_it(
    service: IdempotencyService, answers: FakeIdempotencyRepository
) -> None:
    await service.renew(CALL)
    answers.claimed.add(CALL.name)
    with pytest.raises(ConflictException, match="in progress"):
        await service.renew(CALL)
    answers.claimed.clear()
    await service.keep(CALL, ANSWER)
    with pytest.raises(ConflictException, match="in progress"):
        await service.renew(CALL)


async def test_the_response_to_another_request_is_not_replaced(
    service: IdempotencyService, answers: FakeIdempotencyRepository
) -> None:
    other = replace(ANSWER, status=409)
    answers.claimed.add(CALL.name)
    await service.keep_refusal(CALL, other)
    answers.claimed.clear()
    assert await service.begin(CALL) is None
    await service.keep(CALL, ANSWER)
    await service.keep_refusal(CALL, other)
    with pytest.raises(ConflictException, match="in progress"):
        await service.keep(CALL, other)
    assert await service.begin(CALL) == ANSWER


async def test_a_response_is_replayed_after_key_rotation(
    answers: FakeIdempotencyRepository, make_settings: MakeSettings
) -> None:
    old, new = "f3b1c9d27a5e8046" * 4, "0123456789abcdef" * 4
    before = make_settings(JWT_SECRET_KEY=old)
    after = make_settings(JWT_SECRET_KEY=new, JWT_SECRET_KEY_OLD=old)
    first = IdempotencyService(answers, Signer(before, "idempotency"))
    await first.keep(CALL, ANSWER)
    second = IdempotencyService(answers, Signer(after, "idempotency"))
    assert await second.begin(CALL) == ANSWER
