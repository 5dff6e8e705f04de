"""Signing in, and knowing who is signed in."""

import pytest

from app.core.config import Settings
from app.core.exceptions import UnauthorizedException
from app.core.security import PasswordHasher, TokenSigner
from app.domain.models.user import User
from app.service.auth_service import AuthService
from tests.conftest import PASSWORD, MakeUser
from tests.fakes.user_repository import FakeUserRepository


@pytest.fixture
def user(make_user: MakeUser) -> User:
    return make_user(email="ada@example.com")


@pytest.fixture
def service(user: User, settings: Settings) -> AuthService:
    users = FakeUserRepository(user)
    return AuthService(users, PasswordHasher(), TokenSigner(settings))


async def test_the_right_password_gives_tokens_that_work(
    service: AuthService, user: User
) -> None:
    tokens = await service.login("Ada@example.com", PASSWORD)
    assert await service.get_current_user(tokens.access_token) is user
    again = await service.refresh(tokens.refresh_token)
    assert await service.get_current_user(again.access_token) is user


async def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(
    service: AuthService,
) -> None:
    with pytest.raises(UnauthorizedException) as wrong:
        await service.login("ada@example.com", "wrong")
    with pytest.raises(UnauthorizedException) as unknown:
        await service.login("nobody@example.com", PASSWORD)
    assert str(wrong.value) == str(unknown.value)


async def test_an_inactive_user_is_out_at_once(
    service: AuthService, user: User
) -> None:
    tokens = await service.login("ada@example.com", PASSWORD)
    user.is_active = False
    for attempt in (
        service.login("ada@example.com", PASSWORD),
        service.refresh(tokens.refresh_token),
        service.get_current_user(tokens.access_token),
    ):
        with pytest.raises(UnauthorizedException):
            await attempt
