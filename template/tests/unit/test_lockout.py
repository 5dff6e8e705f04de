"""Strangers who guess passwords or request mails do not lock the owner out."""

from collections.abc import Iterable
from itertools import product

import pytest

from app.core.exceptions import TooManyRequestsException, UnauthorizedException
from app.domain.models.user import User
from app.domain.schemas.account import RegisterRequest
from app.service.limit_service import (
    CONFIRM,
    CONFIRM_EMAIL,
    LOGIN,
    LOGIN_DEVICE,
    LOGIN_DEVICES,
    LOGIN_EMAIL,
    LOGIN_KNOWN,
    LOGIN_NETWORK,
    MAIL_EMAIL,
    MAIL_KNOWN,
    MAIL_NETWORK,
    LimitService,
)
from app.utils.addresses import UNKNOWN
from tests.conftest import PASSWORD, MakeUser
from tests.people import ADA
from tests.unit.conftest import Fakes

EMAIL = "ada@example.com"
# Each in the network of another provider.
EVERYWHERE = [f"{first}.0.2.1" for first in range(1, 100)]
HOME, AWAY = "203.0.113.9", "198.51.100.7"


@pytest.fixture
async def user(fakes: Fakes, make_user: MakeUser) -> User:
    return await fakes.users.create(make_user(email=EMAIL))


async def guess(fakes: Fakes, addresses: Iterable[str], device: str = "") -> int:
    """Try wrong passwords, as many as each address may; return how many were tried."""
    tried = 0
    for address, _ in product(addresses, range(LOGIN.attempts)):
        fakes.auth._limits = fakes.limits_of(address)
        async with fakes.refusing(
            UnauthorizedException, TooManyRequestsException
        ) as it:
            await fakes.auth.login(EMAIL, "wrong", device)
        tried += it.type is UnauthorizedException
    return tried


async def login_from(fakes: Fakes, address: str, device: str = "") -> bool:
    """Return whether the right password is accepted, rather than not tried."""
    fakes.auth._limits = fakes.limits_of(address)
    try:
        await fakes.auth.login(EMAIL, PASSWORD, device)
    except TooManyRequestsException:
        return False
    return True


@pytest.mark.usefixtures("user")
async def test_an_owner_is_known_by_address_or_device_while_strangers_are_refused(
    fakes: Fakes,
) -> None:
    assert await login_from(fakes, HOME, "phone")
    assert await guess(fakes, EVERYWHERE) == LOGIN_EMAIL.attempts
    assert await login_from(fakes, HOME)
    assert await login_from(fakes, AWAY, "phone")
    assert not await login_from(fakes, "192.0.2.7", "another phone")
    assert not await login_from(fakes, "192.0.2.7")


@pytest.mark.usefixtures("user")
async def test_wrong_passwords_of_a_day_are_limited_also_from_known_addresses(
    fakes: Fakes,
) -> None:
    homes = [f"203.0.{third}.1" for third in range(20)]
    for home in homes:
        assert await login_from(fakes, home)
    tried = await guess(fakes, homes) + await guess(fakes, EVERYWHERE)
    assert tried == LOGIN_KNOWN.attempts + LOGIN_EMAIL.attempts
    # 24 hours meet two windows.
    assert 2 * tried <= 100


@pytest.mark.usefixtures("user")
async def test_all_devices_of_an_account_share_a_limit(fakes: Fakes) -> None:
    devices = [f"phone {number}" for number in range(5)]
    for device in devices:
        assert await login_from(fakes, HOME, device)
    tried = [await guess(fakes, EVERYWHERE, device) for device in devices]
    assert sum(tried) == LOGIN_DEVICES.attempts


@pytest.mark.usefixtures("user")
async def test_a_device_has_a_limit_of_its_own(fakes: Fakes) -> None:
    assert await login_from(fakes, HOME, "phone")
    assert await guess(fakes, EVERYWHERE, "phone") == LOGIN_DEVICE.attempts
    assert not await login_from(fakes, HOME, "phone")
    assert await login_from(fakes, HOME)


async def test_others_at_a_known_address_do_not_keep_a_user_from_a_new_password(
    fakes: Fakes, user: User
) -> None:
    homes = [f"203.0.{third}.1" for third in range(5)]
    for home in homes:
        assert await login_from(fakes, home)
    assert await guess(fakes, homes) == LOGIN_KNOWN.attempts
    fakes.passwords._limits = fakes.limits_of(homes[0])
    assert await fakes.passwords.change(user, PASSWORD, PASSWORD)


async def test_wrong_passwords_of_a_signed_in_user_are_limited_at_all_addresses(
    fakes: Fakes, user: User
) -> None:
    tried = 0
    for address in EVERYWHERE[:10]:
        limits = fakes.limits_of(address)
        for _ in range(CONFIRM.attempts + 1):
            try:
                await limits.count_password(user.email)
            except TooManyRequestsException:
                break
            tried += 1
    assert tried == CONFIRM_EMAIL.attempts


@pytest.mark.usefixtures("user")
async def test_one_network_cannot_lock_out_the_rest(fakes: Fakes) -> None:
    for network in ("40.0.{}.1", "2001:db8:{}::1"):
        addresses = [network.format(number) for number in range(21)]
        assert await guess(fakes, addresses) == LOGIN_NETWORK.attempts
    assert await login_from(fakes, AWAY)


@pytest.mark.usefixtures("user")
async def test_a_successful_login_does_not_reset_what_strangers_used_up(
    fakes: Fakes,
) -> None:
    assert await login_from(fakes, HOME)
    tried = await guess(fakes, EVERYWHERE[:4])
    assert await login_from(fakes, HOME)
    assert tried + await guess(fakes, EVERYWHERE[4:]) == LOGIN_EMAIL.attempts


@pytest.mark.usefixtures("user")
async def test_a_device_is_known_to_the_accounts_that_used_it_only(
    fakes: Fakes,
) -> None:
    await fakes.limits.remember("other@example.com", "phone")
    await guess(fakes, EVERYWHERE)
    assert not await login_from(fakes, HOME, "phone")


@pytest.mark.usefixtures("user")
async def test_a_refresh_makes_the_address_and_the_device_known(fakes: Fakes) -> None:
    tokens = await fakes.auth.login(EMAIL, PASSWORD)
    fakes.auth._limits = fakes.limits_of(HOME)
    await fakes.auth.refresh(tokens.refresh_token, "phone")
    await guess(fakes, EVERYWHERE)
    assert await login_from(fakes, HOME)
    assert await login_from(fakes, AWAY, "phone")


@pytest.mark.usefixtures("user")
async def test_an_unknown_address_does_not_become_known(fakes: Fakes) -> None:
    assert await login_from(fakes, UNKNOWN)
    await guess(fakes, EVERYWHERE)
    assert not await login_from(fakes, UNKNOWN)


async def requests(limits: Iterable[LimitService], device: str = "") -> int:
    """Request three mails from each; return how many are sent."""
    sent = 0
    for limit, _ in product(limits, range(3)):
        try:
            await limit.count_mail(EMAIL, device)
            sent += 1
        except TooManyRequestsException:
            continue
    return sent


async def test_mails_that_strangers_request_do_not_keep_the_owner_from_one(
    fakes: Fakes,
) -> None:
    await fakes.limits_of(HOME).remember(EMAIL, "phone")
    neighbours = (fakes.limits_of(f"60.0.{number}.1") for number in range(5))
    assert await requests(neighbours) == MAIL_NETWORK.attempts
    others = (fakes.limits_of(address) for address in EVERYWHERE)
    assert await requests(others) == MAIL_EMAIL.attempts - MAIL_NETWORK.attempts
    assert await requests([fakes.limits_of(HOME)]) == MAIL_KNOWN.attempts
    assert await requests([fakes.limits_of(AWAY)], "phone") == MAIL_KNOWN.attempts
    assert await requests([fakes.limits_of(AWAY)]) == 0


async def test_an_account_knows_who_registered_it(fakes: Fakes) -> None:
    fakes.accounts._limits = fakes.limits_of(HOME)
    await fakes.accounts.register(
        RegisterRequest.model_validate(ADA | {"email": EMAIL}), "phone"
    )
    await guess(fakes, EVERYWHERE)
    assert await login_from(fakes, HOME)
    assert await login_from(fakes, AWAY, "phone")


async def test_a_reset_password_lets_the_device_sign_in_after_an_attack(
    fakes: Fakes, user: User
) -> None:
    await guess(fakes, EVERYWHERE)
    assert not await login_from(fakes, AWAY)
    await fakes.passwords.forgot(EMAIL, "phone")
    await fakes.passwords.reset(fakes.mailed_token(), PASSWORD, "phone")
    await guess(fakes, EVERYWHERE)
    assert await login_from(fakes, AWAY, "phone")
