"""The rules of the users' administration."""

from uuid import uuid4

import pytest

from app.core.exceptions import ConflictException, NotFoundException
from app.core.security import PasswordHasher
from app.domain.roles import Role
from app.domain.schemas.user import UserCreate, UserListParams, UserUpdate
from app.service.user_service import UserService
from tests.conftest import PASSWORD, MakeUser
from tests.fakes.user_repository import FakeUserRepository

ADA = UserCreate(email="ada@example.com", password=PASSWORD, full_name="Ada")


@pytest.fixture
def users() -> FakeUserRepository:
    return FakeUserRepository()


@pytest.fixture
def service(users: FakeUserRepository) -> UserService:
    return UserService(users, PasswordHasher())


async def test_a_created_user_is_stored_with_a_hash(
    service: UserService, users: FakeUserRepository
) -> None:
    user = await service.create_user(ADA)
    assert await users.get_by_id(user.id) is user
    assert PASSWORD not in user.password_hash
    assert await PasswordHasher().verify_password(PASSWORD, user.password_hash)


async def test_a_user_has_no_rights_unless_given(service: UserService) -> None:
    assert (await service.create_user(ADA)).role == Role.USER


async def test_an_email_is_taken_however_it_is_capitalised(
    service: UserService,
) -> None:
    await service.create_user(ADA)
    with pytest.raises(ConflictException):
        await service.create_user(ADA.model_copy(update={"email": "ADA@example.com"}))


async def test_a_deleted_users_email_is_free_again(service: UserService) -> None:
    first = await service.create_user(ADA)
    await service.delete_user(first.id)
    assert (await service.create_user(ADA)).id != first.id


async def test_only_the_given_fields_change(
    service: UserService, users: FakeUserRepository, make_user: MakeUser
) -> None:
    user = await users.create(make_user(full_name="Ada", role=Role.MODERATOR))
    updated = await service.update_user(user.id, UserUpdate(full_name="Ada L."))
    assert (updated.full_name, updated.role) == ("Ada L.", Role.MODERATOR)


async def test_an_empty_change_changes_nothing(
    service: UserService, users: FakeUserRepository, make_user: MakeUser
) -> None:
    user = await users.create(make_user())
    before = user.updated_at
    assert (await service.update_user(user.id, UserUpdate())).updated_at == before


async def test_a_list_knows_its_total(
    service: UserService, users: FakeUserRepository, make_user: MakeUser
) -> None:
    for name in ("Ada", "Alan", "Grace"):
        await users.create(make_user(full_name=name))
    page = await service.list_users(UserListParams(limit=2, sort_by="full_name"))
    assert [user.full_name for user in page.items] == ["Grace", "Alan"]
    assert (page.total, page.total_pages) == (3, 2)


async def test_nobody_is_not_found(service: UserService) -> None:
    nobody = uuid4()
    for attempt in (
        service.get_user(nobody),
        service.update_user(nobody, UserUpdate(full_name="Nobody")),
        service.update_user(nobody, UserUpdate()),
        service.delete_user(nobody),
    ):
        with pytest.raises(NotFoundException, match=str(nobody)):
            await attempt
