"""Use cases of one's own account."""

from typing import Any

import pytest

from app.core.exceptions import (
    BadRequestException,
    ConflictException,
    InvalidInputException,
    TooManyRequestsException,
)
from app.core.security import PasswordHasher
from app.domain.models.user import User
from app.domain.roles import Role
from app.domain.schemas.account import AccountUpdate, RegisterRequest
from app.domain.schemas.user import ProfileUpdate, UserCreate
from app.service.limit_service import MAIL_NETWORK, REGISTER_ADDRESS, TOKEN_ADDRESS
from tests import people
from tests.conftest import PASSWORD, MakeSettings, MakeUser
from tests.unit.conftest import Fakes

ADA = RegisterRequest.model_validate(people.ADA)


@pytest.fixture
async def user(fakes: Fakes) -> User:
    return await fakes.accounts.register(ADA)


async def test_a_new_account_is_an_unverified_user(user: User) -> None:
    assert (user.role, user.email_verified_at) == (Role.USER, None)


@pytest.mark.usefixtures("user")
async def test_a_taken_email_is_a_conflict(fakes: Fakes) -> None:
    async with fakes.refusing(ConflictException):
        await fakes.accounts.register(ADA)


async def test_registration_is_rate_limited_per_address(
    fakes: Fakes, user: User
) -> None:
    for _ in range(REGISTER_ADDRESS.attempts - 1):
        async with fakes.refusing(ConflictException):
            await fakes.accounts.register(ADA)
    async with fakes.refusing(TooManyRequestsException):
        await fakes.accounts.register(ADA)


async def test_the_mailed_token_verifies_the_email_once(
    fakes: Fakes, user: User
) -> None:
    assert fakes.mails[0].to == "ada@example.com"
    await fakes.accounts.verify(fakes.mailed_token())
    assert user.email_verified_at
    async with fakes.refusing(BadRequestException):
        await fakes.accounts.verify(fakes.mailed_token())
    assert fakes.record.actions == ["register", "verify-email", "!verify-email"]


async def test_token_attempts_are_rate_limited_per_address(fakes: Fakes) -> None:
    for _ in range(TOKEN_ADDRESS.attempts):
        async with fakes.refusing(BadRequestException):
            await fakes.accounts.verify("nonsense")
    async with fakes.refusing(TooManyRequestsException):
        await fakes.accounts.verify("nonsense")


async def test_verification_is_resent_to_an_unverified_email_only(
    fakes: Fakes, user: User
) -> None:
    await fakes.accounts.resend("nobody@example.com")
    await fakes.accounts.resend(user.email)
    assert len(fakes.mails) == 2
    await fakes.accounts.verify(fakes.mailed_token())
    await fakes.accounts.resend(user.email)
    assert len(fakes.mails) == 2


async def test_an_account_that_shares_its_email_can_verify_it(
    fakes: Fakes, user: User, make_user: MakeUser
) -> None:
    """Of an earlier release, which compared e-mails otherwise."""
    shared = await fakes.users.create(
        make_user(email="ADA@example.com", canonical_email="ADA@example.com")
    )
    await fakes.accounts.resend(shared.email)
    await fakes.accounts.verify(fakes.mailed_token())
    assert shared.email_verified_at
    assert not user.email_verified_at
    assert await fakes.users.get_by_email("ada@EXAMPLE.com") is user


async def test_a_new_email_applies_once_verified_and_the_old_one_is_notified(
    fakes: Fakes, user: User
) -> None:
    change = AccountUpdate(email="new@example.com", password=PASSWORD)
    await fakes.accounts.update(user, change)
    assert (user.email, fakes.mails[-1].to) == ("ada@example.com", "new@example.com")
    await fakes.accounts.verify(fakes.mailed_token())
    assert (user.email, fakes.mails[-1].to) == ("new@example.com", "ada@example.com")


async def test_an_email_change_revokes_links_sent_to_the_old_email(
    fakes: Fakes, user: User
) -> None:
    await fakes.passwords.forgot(user.email)
    to_old = fakes.mailed_token()
    change = AccountUpdate(email="new@example.com", password=PASSWORD)
    await fakes.accounts.update(user, change)
    await fakes.accounts.verify(fakes.mailed_token())
    async with fakes.refusing(BadRequestException):
        await fakes.passwords.reset(to_old, "stolen password")


@pytest.mark.parametrize("given", [{}, {"password": "wrong"}])
async def test_an_email_change_requires_the_password(
    fakes: Fakes, user: User, given: dict[str, str]
) -> None:
    change = AccountUpdate.model_validate({"email": "new@example.com"} | given)
    async with fakes.refusing(BadRequestException):
        await fakes.accounts.update(user, change)
    assert fakes.record.actions[-1] == "!change-email"


async def test_a_change_to_a_taken_email_is_a_conflict(
    fakes: Fakes, user: User, make_user: MakeUser
) -> None:
    await fakes.users.create(make_user(email="taken@example.com"))
    change = AccountUpdate(email="Taken@example.com", password=PASSWORD)
    async with fakes.refusing(ConflictException):
        await fakes.accounts.update(user, change)


async def test_an_email_that_the_mail_server_does_not_take_is_refused(
    make_settings: MakeSettings, hasher: PasswordHasher, make_user: MakeUser
) -> None:
    fakes = Fakes(make_settings(SMTP_HOST="mail.example.com"), hasher)
    ada = await fakes.users.create(make_user())
    zoe, domain = "zo\u00e9@example.com", "zoe@b\u00fccher.de"
    for attempt in (
        fakes.accounts.register(ADA.model_copy(update={"email": zoe})),
        fakes.accounts.update(ada, AccountUpdate(email=zoe, password=PASSWORD)),
        fakes.administration.create_user(
            UserCreate.model_validate(people.ADA | {"email": zoe})
        ),
    ):
        async with fakes.refusing(InvalidInputException) as refused:
            await attempt
        assert refused.value.field == "body.email"
    assert await fakes.accounts.register(ADA.model_copy(update={"email": domain}))


@pytest.mark.parametrize("given", [{"SMTP_HOST": "localhost", "SMTP_UTF8": True}, {}])
async def test_the_log_and_a_server_with_smtputf8_take_any_email(
    make_settings: MakeSettings, hasher: PasswordHasher, given: dict[str, Any]
) -> None:
    fakes = Fakes(make_settings(**given), hasher)
    await fakes.accounts.register(
        ADA.model_copy(update={"email": "\u00e9@example.com"})
    )
    assert fakes.mails[-1].to == "\u00e9@example.com"


async def test_mail_to_a_new_email_is_rate_limited(fakes: Fakes, user: User) -> None:
    change = AccountUpdate(email="new@example.com", password=PASSWORD)
    for _ in range(MAIL_NETWORK.attempts):
        await fakes.accounts.update(user, change)
    async with fakes.refusing(TooManyRequestsException):
        await fakes.accounts.update(user, change)


async def test_every_field_of_a_registration_is_stored(user: User) -> None:
    given = ADA.model_dump(exclude={"password"})
    assert {name: getattr(user, name) for name in given} == given


# Bytes, which no field has: Pydantic warns.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("field", ProfileUpdate.model_fields)
async def test_every_profile_field_changes_immediately(
    fakes: Fakes, user: User, field: str
) -> None:
    values: Any = {field: b"new"}
    change = AccountUpdate.model_construct({field}, **values)
    changed = await fakes.accounts.update(user, change)
    assert getattr(changed, field) == b"new"
    assert fakes.record.events[-1].fields == [field]


async def test_a_name_changes_immediately(fakes: Fakes, user: User) -> None:
    changed = await fakes.accounts.update(user, AccountUpdate(full_name="Ada L."))
    assert changed.full_name == "Ada L."
    assert fakes.record.events[-1].fields == ["full_name"]
