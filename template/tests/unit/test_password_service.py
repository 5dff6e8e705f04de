"""Password change and reset."""

import pytest

from app.core.exceptions import (
    BadRequestException,
    TooManyRequestsException,
    UnauthorizedException,
)
from app.domain.models.user import User
from app.service.limit_service import CONFIRM, LOGIN, MAIL_NETWORK, NOTICE_EMAIL
from tests.conftest import PASSWORD, MakeUser
from tests.unit.conftest import Fakes

NEW = "a new password, long enough"


@pytest.fixture
async def user(fakes: Fakes, make_user: MakeUser) -> User:
    return await fakes.users.create(make_user(email="ada@example.com"))


async def test_a_password_change_revokes_all_other_tokens(
    fakes: Fakes, user: User
) -> None:
    before = await fakes.auth.login(user.email, PASSWORD)
    after = await fakes.passwords.change(user, PASSWORD, NEW)
    assert await fakes.tokens.authenticate(after.access_token) is user
    for attempt in (
        fakes.tokens.authenticate(before.access_token),
        fakes.tokens.exchange(before.refresh_token),
        fakes.auth.login(user.email, PASSWORD),
    ):
        async with fakes.refusing(UnauthorizedException):
            await attempt
    assert await fakes.auth.login(user.email, NEW)
    assert fakes.record.actions[0] == "change-password"


async def test_a_change_requires_the_old_password_and_is_rate_limited(
    fakes: Fakes, user: User
) -> None:
    for _ in range(CONFIRM.attempts):
        async with fakes.refusing(BadRequestException):
            await fakes.passwords.change(user, "wrong", NEW)
    async with fakes.refusing(TooManyRequestsException):
        await fakes.passwords.change(user, PASSWORD, NEW)
    assert set(fakes.record.actions) == {"!change-password", "!confirm-password"}


async def test_a_forgotten_password_is_reset_with_a_mailed_token(
    fakes: Fakes, user: User
) -> None:
    before = await fakes.auth.login(user.email, PASSWORD)
    await fakes.passwords.forgot("ADA@example.com")
    assert fakes.mails[0].to == user.email
    assert "http://localhost:3000/reset-password#token=" in fakes.mails[0].text
    await fakes.passwords.reset(fakes.mailed_token(), NEW)
    assert await fakes.auth.login(user.email, NEW)
    async with fakes.refusing(UnauthorizedException):
        await fakes.tokens.authenticate(before.access_token)
    assert fakes.record.actions == ["reset-password"]


async def test_only_the_latest_token_works_and_only_once(
    fakes: Fakes, user: User
) -> None:
    await fakes.passwords.forgot(user.email)
    first = fakes.mailed_token()
    await fakes.passwords.forgot(user.email)
    async with fakes.refusing(BadRequestException):
        await fakes.passwords.reset(first, NEW)
    await fakes.passwords.reset(fakes.mailed_token(), NEW)
    async with fakes.refusing(BadRequestException):
        await fakes.passwords.reset(fakes.mailed_token(), NEW)


async def test_a_password_change_revokes_mailed_tokens(
    fakes: Fakes, user: User
) -> None:
    await fakes.passwords.forgot(user.email)
    await fakes.passwords.change(user, PASSWORD, NEW)
    async with fakes.refusing(BadRequestException):
        await fakes.passwords.reset(fakes.mailed_token(), "stolen password")


async def test_a_password_change_is_notified_by_mail_a_few_times_an_hour(
    fakes: Fakes, user: User
) -> None:
    for _ in range(NOTICE_EMAIL.attempts + 1):
        await fakes.passwords.change(user, PASSWORD, PASSWORD)
    assert [mail.to for mail in fakes.mails] == [user.email] * NOTICE_EMAIL.attempts
    assert "The password of your account was changed" in fakes.mails[0].text


async def test_a_refused_change_sends_no_mail(fakes: Fakes, user: User) -> None:
    async with fakes.refusing(BadRequestException):
        await fakes.passwords.change(user, "wrong", NEW)
    async with fakes.refusing(BadRequestException):
        await fakes.passwords.reset("none", NEW)
    assert fakes.mails == []


async def test_requests_for_links_do_not_suppress_the_mail_about_a_reset(
    fakes: Fakes, user: User
) -> None:
    for _ in range(MAIL_NETWORK.attempts):
        await fakes.passwords.forgot(user.email)
    await fakes.passwords.reset(fakes.mailed_token(), NEW)
    assert fakes.mails[-1].to == user.email
    assert "was reset" in fakes.mails[-1].text


async def test_unknown_and_inactive_users_get_no_mail(fakes: Fakes, user: User) -> None:
    await fakes.passwords.forgot("nobody@example.com")
    user.is_active = False
    await fakes.passwords.forgot(user.email)
    assert fakes.mails == []


async def test_a_password_reset_lifts_the_login_limit(fakes: Fakes, user: User) -> None:
    for _ in range(LOGIN.attempts + 1):
        async with fakes.refusing(UnauthorizedException, TooManyRequestsException):
            await fakes.auth.login(user.email, "wrong")
    await fakes.passwords.forgot(user.email)
    await fakes.passwords.reset(fakes.mailed_token(), NEW)
    assert await fakes.auth.login(user.email, NEW)
