"""Login, logout and the lifetime of tokens."""

import bcrypt
import pytest

from app.core.exceptions import TooManyRequestsException, UnauthorizedException
from app.domain.models.user import User
from app.domain.schemas.auth import TokenResponse
from app.service.limit_service import LOGIN, LOGIN_ADDRESS
from tests.conftest import PASSWORD, MakeUser
from tests.unit.conftest import Fakes

EMAIL = "ada@example.com"


@pytest.fixture
async def user(fakes: Fakes, make_user: MakeUser) -> User:
    return await fakes.users.create(make_user(email=EMAIL))


@pytest.fixture
async def tokens(fakes: Fakes, user: User) -> TokenResponse:
    return await fakes.auth.login("Ada@example.com", PASSWORD)


async def test_login_returns_valid_tokens(
    fakes: Fakes, user: User, tokens: TokenResponse
) -> None:
    assert await fakes.tokens.authenticate(tokens.access_token) is user
    again = await fakes.tokens.exchange(tokens.refresh_token)
    assert await fakes.tokens.authenticate(again.access_token) is user


@pytest.mark.usefixtures("user")
async def test_a_wrong_password_and_an_unknown_email_get_the_same_error(
    fakes: Fakes,
) -> None:
    async with fakes.refusing(UnauthorizedException) as wrong:
        await fakes.auth.login(EMAIL, "wrong")
    async with fakes.refusing(UnauthorizedException) as unknown:
        await fakes.auth.login("nobody@example.com", PASSWORD)
    assert str(wrong.value) == str(unknown.value)
    assert fakes.record.actions == ["!login", "!login"]


async def test_an_inactive_user_cannot_log_in_or_use_tokens(
    fakes: Fakes, user: User, tokens: TokenResponse
) -> None:
    user.is_active = False
    for attempt in (
        fakes.auth.login(EMAIL, PASSWORD),
        fakes.tokens.exchange(tokens.refresh_token),
        fakes.tokens.authenticate(tokens.access_token),
    ):
        async with fakes.refusing(UnauthorizedException):
            await attempt


async def test_logout_revokes_one_token_family(
    fakes: Fakes, tokens: TokenResponse
) -> None:
    other = await fakes.auth.login(EMAIL, PASSWORD)
    await fakes.tokens.revoke(tokens.refresh_token)
    async with fakes.refusing(UnauthorizedException):
        await fakes.tokens.exchange(tokens.refresh_token)
    assert await fakes.tokens.exchange(other.refresh_token)


async def test_logout_ignores_an_invalid_token(fakes: Fakes) -> None:
    await fakes.tokens.revoke("nonsense")


async def test_logout_all_revokes_every_token(
    fakes: Fakes, user: User, tokens: TokenResponse
) -> None:
    await fakes.auth.logout_all(user)
    for attempt in (
        fakes.tokens.exchange(tokens.refresh_token),
        fakes.tokens.authenticate(tokens.access_token),
    ):
        async with fakes.refusing(UnauthorizedException):
            await attempt
    assert fakes.record.actions == ["logout-all", "!refresh"]


async def test_login_upgrades_an_old_hash(fakes: Fakes, user: User) -> None:
    user.password_hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await fakes.auth.login(EMAIL, PASSWORD)
    assert user.password_hash.startswith("$argon2id$")
    await fakes.auth.login(EMAIL, PASSWORD)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
@pytest.mark.usefixtures("user")
async def test_login_is_rate_limited_for_known_and_unknown_emails(
    fakes: Fakes, email: str
) -> None:
    for _ in range(LOGIN.attempts):
        async with fakes.refusing(UnauthorizedException):
            await fakes.auth.login(email, "wrong")
    for _ in range(2):
        async with fakes.refusing(TooManyRequestsException) as limited:
            await fakes.auth.login(email, PASSWORD)
    assert 0 < (limited.value.retry_after or 0) <= LOGIN.window.total_seconds()
    assert fakes.record.actions == ["!login"] * LOGIN.attempts + ["!login"]


@pytest.mark.usefixtures("user")
async def test_all_spellings_of_an_email_share_a_limit(fakes: Fakes) -> None:
    for email in (EMAIL, "ADA@example.com", "Ada@Example.com", "ada@example.com.", ""):
        async with fakes.refusing(UnauthorizedException):
            await fakes.auth.login(email or EMAIL, "wrong")
    async with fakes.refusing(TooManyRequestsException):
        await fakes.auth.login("aDA@example.com", PASSWORD)


async def test_a_factor_multiplies_the_limit(fakes: Fakes) -> None:
    limits = fakes.limits_of("192.0.2.1", factor=3)
    for _ in range(LOGIN.attempts * 3):
        await limits.count_login(EMAIL)
    for _ in range(2):
        async with fakes.refusing(TooManyRequestsException):
            await limits.count_login(EMAIL)
    assert fakes.record.actions == ["!login"]


@pytest.mark.usefixtures("user")
async def test_login_is_rate_limited_per_address(fakes: Fakes) -> None:
    for _ in range(LOGIN.attempts + 1):
        async with fakes.refusing(UnauthorizedException, TooManyRequestsException):
            await fakes.auth.login(EMAIL, "wrong")
    fakes.auth._limits = fakes.limits_of("198.51.100.7")
    assert await fakes.auth.login(EMAIL, PASSWORD)


@pytest.mark.parametrize(
    ("address", "neighbour", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("unknown", "unknown", True),
    ],
)
async def test_an_ipv6_network_is_rate_limited_as_one_address(
    fakes: Fakes, address: str, neighbour: str, same: bool
) -> None:
    for _ in range(LOGIN.attempts):
        await fakes.limits_of(address).count_login(EMAIL)
    other = fakes.limits_of(neighbour)
    if same:
        async with fakes.refusing(TooManyRequestsException):
            await other.count_login(EMAIL)
    else:
        await other.count_login(EMAIL)


@pytest.mark.usefixtures("user")
async def test_successful_logins_are_not_counted(fakes: Fakes) -> None:
    for _ in range(LOGIN_ADDRESS.attempts + 1):
        await fakes.limits.count_login(EMAIL)
        await fakes.limits.login_succeeded(EMAIL)
