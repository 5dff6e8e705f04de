"""Repositories of accounts, real and fake."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.security import LEEWAY
from app.domain.models.idempotency_key import IdempotencyKey
from app.domain.models.refresh_token import RefreshToken
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.repository.idempotency_repository import IdempotencyRepository
from app.repository.mail_token_repository import MailTokenRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from tests.fakes.idempotency_repository import FakeIdempotencyRepository
from tests.fakes.mail_token_repository import FakeMailTokenRepository
from tests.fakes.rate_limit_repository import FakeRateLimitRepository
from tests.fakes.refresh_token_repository import FakeRefreshTokenRepository

pytestmark = pytest.mark.integration
LATER = datetime.now(UTC) + timedelta(hours=1)
BEFORE = datetime.now(UTC) - timedelta(hours=1)
FAMILY = uuid4()
HOUR = timedelta(hours=1)


@pytest.fixture(params=["real", "fake"])
def refresh_tokens(
    request: pytest.FixtureRequest, session: AsyncSession
) -> RefreshTokenRepository | FakeRefreshTokenRepository:
    if request.param == "real":
        return RefreshTokenRepository(session)
    return FakeRefreshTokenRepository()


@pytest.fixture(params=["real", "fake"])
def mail_tokens(
    request: pytest.FixtureRequest, session: AsyncSession
) -> MailTokenRepository | FakeMailTokenRepository:
    if request.param == "real":
        return MailTokenRepository(session)
    return FakeMailTokenRepository()


@pytest.fixture(params=["real", "fake"])
def counters(
    request: pytest.FixtureRequest, session: AsyncSession
) -> RateLimitRepository | FakeRateLimitRepository:
    if request.param == "real":
        return RateLimitRepository(session)
    return FakeRateLimitRepository()


@pytest.fixture(params=["real", "fake"])
def answers(
    request: pytest.FixtureRequest, session: AsyncSession
) -> IdempotencyRepository | FakeIdempotencyRepository:
    if request.param == "real":
        return IdempotencyRepository(session, HOUR)
    return FakeIdempotencyRepository()


async def test_a_refresh_token_is_used_once(
    refresh_tokens: RefreshTokenRepository, user: User
) -> None:
    await refresh_tokens.add(_refresh_token("a", user))
    assert [await refresh_tokens.use("a") for _ in range(2)] == [True, False]


async def test_an_expired_or_unknown_refresh_token_is_refused(
    refresh_tokens: RefreshTokenRepository, user: User
) -> None:
    await refresh_tokens.add(_refresh_token("a", user, expires_at=BEFORE))
    assert not await refresh_tokens.use("a")
    assert not await refresh_tokens.use("b")


async def test_a_refresh_token_is_used_within_the_leeway_after_its_expiry(
    refresh_tokens: RefreshTokenRepository, user: User
) -> None:
    just = datetime.now(UTC) - timedelta(seconds=LEEWAY / 2)
    await refresh_tokens.add(_refresh_token("a", user, expires_at=just))
    assert await refresh_tokens.use("a")


@pytest.mark.parametrize(
    ("used", "family", "seconds", "found"),
    [
        ("a", FAMILY, 10, "b"),
        ("a", FAMILY, 0, None),
        ("a", uuid4(), 10, None),
        ("b", FAMILY, 10, None),
        ("", FAMILY, 10, None),
    ],
)
async def test_the_unused_token_of_a_family_is_found_within_the_grace_period(
    refresh_tokens: RefreshTokenRepository,
    user: User,
    used: str,
    family: UUID,
    seconds: int,
    found: str | None,
) -> None:
    await refresh_tokens.add(_refresh_token("a", user))
    await refresh_tokens.add(_refresh_token("b", user, family))
    await refresh_tokens.use(used)
    row = await refresh_tokens.get_unused("a", timedelta(seconds=seconds))
    assert (row.token_hash if row else None) == found


async def test_the_grace_period_starts_with_the_exchange_not_with_its_transaction(
    session: AsyncSession, user: User
) -> None:
    refresh_tokens = RefreshTokenRepository(session)
    await refresh_tokens.add(_refresh_token("a", user))
    await refresh_tokens.use("a")
    began, used = (
        await session.execute(select(func.now(), RefreshToken.used_at))
    ).one()
    assert used is not None
    assert used > began


@pytest.mark.parametrize(("family", "left"), [(FAMILY, False), (uuid4(), True)])
async def test_revoking_a_family_keeps_other_families(
    refresh_tokens: RefreshTokenRepository, user: User, family: UUID, left: bool
) -> None:
    await refresh_tokens.add(_refresh_token("a", user))
    await refresh_tokens.revoke_family(family)
    assert await refresh_tokens.use("a") is left


async def test_all_refresh_tokens_of_a_user_are_revoked(
    refresh_tokens: RefreshTokenRepository, user: User, admin: User
) -> None:
    for name, owner in (("a", user), ("b", user), ("c", admin)):
        await refresh_tokens.add(_refresh_token(name, owner, uuid4()))
    await refresh_tokens.revoke_all(user.id)
    assert [await refresh_tokens.use(name) for name in "abc"] == [False, False, True]


async def test_a_mail_token_is_used_once_and_for_its_purpose_only(
    mail_tokens: MailTokenRepository, user: User
) -> None:
    await mail_tokens.add("a", user.id, Purpose.VERIFY, "a@example.com", LATER)
    assert await mail_tokens.take("a", Purpose.RESET) is None
    taken = await mail_tokens.take("a", Purpose.VERIFY)
    assert taken
    assert (taken.user_id, taken.email) == (user.id, "a@example.com")
    assert await mail_tokens.take("a", Purpose.VERIFY) is None


async def test_an_expired_mail_token_is_refused(
    mail_tokens: MailTokenRepository, user: User
) -> None:
    await mail_tokens.add("a", user.id, Purpose.RESET, "a@example.com", BEFORE)
    assert await mail_tokens.take("a", Purpose.RESET) is None


@pytest.mark.parametrize(("purpose", "left"), [(None, False), (Purpose.RESET, True)])
async def test_mail_tokens_are_revoked_by_purpose_or_all(
    mail_tokens: MailTokenRepository, user: User, purpose: Purpose | None, left: bool
) -> None:
    await mail_tokens.add("a", user.id, Purpose.RESET, "a@example.com", LATER)
    await mail_tokens.add("b", user.id, Purpose.VERIFY, "a@example.com", LATER)
    await mail_tokens.revoke_all(user.id, purpose)
    assert await mail_tokens.take("a", Purpose.RESET) is None
    assert (await mail_tokens.take("b", Purpose.VERIFY) is not None) is left


async def test_attempts_are_counted_in_a_fixed_window(
    counters: RateLimitRepository,
) -> None:
    hits = [await counters.hit("a", timedelta(hours=1)) for _ in range(3)]
    assert [count for count, _ in hits] == [1, 2, 3]
    assert all(0 < seconds <= 3600 for _, seconds in hits)


async def test_an_expired_window_restarts(counters: RateLimitRepository) -> None:
    await counters.hit("a", timedelta(hours=-1))
    assert (await counters.hit("a", timedelta(hours=1)))[0] == 1


async def test_attempts_can_be_undone_or_cleared(
    counters: RateLimitRepository,
) -> None:
    for _ in range(3):
        await counters.hit("a", timedelta(hours=1))
    await counters.undo("a")
    assert (await counters.hit("a", timedelta(hours=1)))[0] == 3
    await counters.forget("a")
    assert (await counters.hit("a", timedelta(hours=1)))[0] == 1


async def test_marks_expire_and_can_be_renewed(counters: RateLimitRepository) -> None:
    await counters.mark(timedelta(hours=-1), "a", "b")
    assert await counters.marked("a", "b") == set()
    await counters.mark(timedelta(hours=1), "b", "c")
    assert await counters.marked("a", "b", "c") == {"b", "c"}


async def test_a_response_is_found_until_it_expires(
    answers: IdempotencyRepository,
) -> None:
    assert await answers.claim("a")
    assert await answers.get("a", HOUR) is None
    assert await answers.put(_answer("a", 201), HOUR)
    found = await answers.get("a", HOUR)
    assert found
    assert (found.status, found.headers, found.body) == (201, {"a": "b"}, b"c")
    assert await answers.get("a", -HOUR) is None
    assert await answers.get("b", HOUR) is None


async def test_only_an_expired_response_is_replaced(
    answers: IdempotencyRepository,
) -> None:
    assert await answers.put(_answer("a", 201), HOUR)
    assert not await answers.put(_answer("a", 409), HOUR)
    assert await answers.put(_answer("a", 409), -HOUR)
    found = await answers.get("a", HOUR)
    assert found
    assert found.status == 409


def _refresh_token(
    name: str, owner: User, family: UUID = FAMILY, expires_at: datetime = LATER
) -> RefreshToken:
    return RefreshToken(
        token_hash=name, family_id=family, user_id=owner.id, expires_at=expires_at
    )


def _answer(key: str, status: int) -> IdempotencyKey:
    return IdempotencyKey(
        key=key, request_hash="", status=status, headers={"a": "b"}, body=b"c"
    )
