"""Refresh tokens: exchanged, repeated, replayed; the end of a session."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from app.core.config import Settings
from app.core.exceptions import UnauthorizedException
from app.core.refresh_claims import RefreshClaims
from app.core.security import key_id, token_hash
from app.domain.models.refresh_token import RefreshToken
from app.domain.models.user import User
from app.domain.schemas.user import UserUpdate
from app.service.token_service import TokenService
from tests.conftest import PASSWORD, MakeUser
from tests.unit.conftest import Fakes

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def user(fakes: Fakes, make_user: MakeUser) -> User:
    return await fakes.users.create(make_user())


@pytest.fixture
async def first(fakes: Fakes, user: User) -> str:
    """Return the refresh token of a new session."""
    return (await fakes.tokens.issue(user)).refresh_token


async def test_a_repetition_within_the_grace_period_gets_the_same_refresh_token(
    fakes: Fakes, user: User, first: str
) -> None:
    lost, *repeated = [await fakes.tokens.exchange(first) for _ in range(3)]
    assert {each.refresh_token for each in repeated} == {lost.refresh_token}
    for each in repeated:
        assert await fakes.tokens.authenticate(each.access_token) is user
    assert await fakes.tokens.exchange(lost.refresh_token)
    assert fakes.record.actions == []
    assert len(fakes.refresh_tokens.rows) == 3


async def test_a_reused_token_revokes_its_family_once_its_successor_is_used(
    fakes: Fakes, user: User, first: str
) -> None:
    other = await fakes.tokens.issue(user)
    second = (await fakes.tokens.exchange(first)).refresh_token
    third = (await fakes.tokens.exchange(second)).refresh_token
    await _refused(fakes, first, third, second)
    assert fakes.record.actions == ["!refresh"] * 3
    assert await fakes.tokens.exchange(other.refresh_token)


async def test_a_reused_token_revokes_its_family_after_the_grace_period(
    fakes: Fakes, settings: Settings, first: str
) -> None:
    second = (await fakes.tokens.exchange(first)).refresh_token
    grace = timedelta(seconds=settings.JWT_REFRESH_GRACE_SECONDS)
    fakes.refresh_tokens.rows[0].used_at = datetime.now(UTC) - grace
    await _refused(fakes, first, second)
    assert fakes.record.actions == ["!refresh"] * 2


async def test_without_a_grace_period_a_reused_token_revokes_its_family_at_once(
    fakes: Fakes, settings: Settings, first: str
) -> None:
    strict = settings.model_copy(update={"JWT_REFRESH_GRACE_SECONDS": 0})
    tokens = fakes.tokens_of(strict)
    second = (await tokens.exchange(first)).refresh_token
    await _refused(fakes, first, second, tokens=tokens)


async def test_the_successor_of_another_token_is_not_returned(
    fakes: Fakes, first: str
) -> None:
    """A machine of an earlier release has exchanged the token."""
    claims = fakes.signer.decode_refresh_token(first)
    assert await fakes.refresh_tokens.use(token_hash(first))
    foreign = replace(claims, id="random")
    await _store(fakes, foreign)
    await _refused(fakes, first)


async def _log_out(fakes: Fakes, user: User, token: str) -> None:
    await fakes.auth.logout(token)


async def _log_out_everywhere(fakes: Fakes, user: User, token: str) -> None:
    await fakes.auth.logout_all(user)


async def _change_password(fakes: Fakes, user: User, token: str) -> None:
    await fakes.passwords.change(user, PASSWORD, "a new password, long enough")


async def _deactivate(fakes: Fakes, user: User, token: str) -> None:
    user.is_active = False


async def _deactivate_for_a_while(fakes: Fakes, user: User, token: str) -> None:
    for active in (False, True):
        change = UserUpdate(is_active=active)
        await fakes.administration.update_user(user.id, change, user.id)


async def _delete(fakes: Fakes, user: User, token: str) -> None:
    await fakes.administration.delete_user(user.id, user.id)


@pytest.mark.parametrize(
    "end",
    [
        _log_out,
        _log_out_everywhere,
        _change_password,
        _deactivate,
        _deactivate_for_a_while,
        _delete,
    ],
)
async def test_a_revoked_session_is_not_resurrected_within_the_grace_period(
    fakes: Fakes,
    user: User,
    first: str,
    end: Callable[[Fakes, User, str], Awaitable[None]],
) -> None:
    second = (await fakes.tokens.exchange(first)).refresh_token
    await end(fakes, user, first)
    await _refused(fakes, first, second)


async def test_a_replaced_key_does_not_end_the_grace_period(
    fakes: Fakes, settings: Settings, first: str
) -> None:
    old = settings.JWT_REFRESH_SECRET_KEY
    new = type(old)("0123456789abcdef" * 2)
    keys = "JWT_REFRESH_SECRET_KEY", "JWT_REFRESH_SECRET_KEY_OLD"
    before, after = [
        fakes.tokens_of(settings.model_copy(update=dict(zip(keys, pair, strict=True))))
        for pair in ((old, new), (new, old))
    ]
    second = (await before.exchange(first)).refresh_token
    assert (await after.exchange(first)).refresh_token == second
    third = (await after.exchange(second)).refresh_token
    assert (await before.exchange(second)).refresh_token == third


@pytest.mark.parametrize(
    ("left", "refresh_left", "access_left"),
    [
        (10 * DAY, 7 * DAY, 15 * MINUTE),
        (DAY, DAY, 15 * MINUTE),
        (MINUTE, MINUTE, MINUTE),
    ],
)
async def test_tokens_expire_with_their_session(
    fakes: Fakes,
    settings: Settings,
    user: User,
    left: timedelta,
    refresh_left: timedelta,
    access_left: timedelta,
) -> None:
    signed_in_at = datetime.now(UTC) + left - DAY * settings.SESSION_EXPIRE_DAYS
    token = await _store(fakes, replace(_claims(user), signed_in_at=signed_in_at))
    for issued in [await fakes.tokens.exchange(token) for _ in range(2)]:
        claims = fakes.signer.decode_refresh_token(issued.refresh_token)
        assert _about(claims.expires_at, datetime.now(UTC) + refresh_left)
        assert _about(claims.signed_in_at, signed_in_at)
        expires = fakes.signer.decode_access_token(issued.access_token).expires
        end = datetime.now(UTC) + access_left
        assert _about(datetime.fromtimestamp(expires, UTC), end)
        assert 0 <= access_left.total_seconds() - issued.expires_in < 60


async def test_a_session_ends_however_often_it_was_refreshed(
    fakes: Fakes, settings: Settings, user: User
) -> None:
    signed_in_at = datetime.now(UTC) - DAY * settings.SESSION_EXPIRE_DAYS
    token = await _store(fakes, replace(_claims(user), signed_in_at=signed_in_at))
    with pytest.raises(UnauthorizedException, match="expired: sign in again"):
        await fakes.tokens.exchange(token)


async def test_a_session_of_an_earlier_release_starts_with_its_present_token(
    fakes: Fakes, settings: Settings, user: User
) -> None:
    payload = _claims(user).to_payload()
    issued_at = payload["iat"]
    del payload["auth_time"]
    key = settings.JWT_REFRESH_SECRET_KEY.get_secret_value()
    headers = {"kid": key_id(key)}
    issuer = {"iss": "app", "aud": "app", "type": "refresh"}
    token = jwt.encode(issuer | payload, key, headers=headers)
    claims = fakes.signer.decode_refresh_token(token)
    await _store(fakes, claims, token)
    issued = await fakes.tokens.exchange(token)
    successor = fakes.signer.decode_refresh_token(issued.refresh_token)
    assert successor.signed_in_at.timestamp() == issued_at


def _claims(user: User) -> RefreshClaims:
    return RefreshClaims.first(user.id, user.token_version, 7 * DAY)


def _about(one: datetime, other: datetime) -> bool:
    return abs(one - other) < MINUTE


async def _store(fakes: Fakes, claims: RefreshClaims, token: str | None = None) -> str:
    token = token or fakes.signer.sign_refresh_token(claims)[0]
    row = RefreshToken(
        token_hash=token_hash(token),
        family_id=claims.family,
        user_id=claims.subject,
        created_at=claims.issued_at,
        expires_at=claims.expires_at,
    )
    await fakes.refresh_tokens.add(row)
    return token


async def _refused(
    fakes: Fakes, *refresh_tokens: str, tokens: TokenService | None = None
) -> None:
    for token in refresh_tokens:
        async with fakes.refusing(UnauthorizedException):
            await (tokens or fakes.tokens).exchange(token)
