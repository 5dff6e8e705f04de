"""Rules of user administration."""

from datetime import datetime
from uuid import uuid4

import pytest

from app.core.exceptions import (
    ConflictException,
    NotFoundException,
    UnauthorizedException,
)
from app.core.security import PasswordHasher
from app.domain.roles import Role
from app.domain.schemas.user import UserCreate, UserListParams, UserUpdate
from app.service.user_service import UserService
from tests import people
from tests.conftest import PASSWORD, MakeUser
from tests.fakes.user_repository import FakeUserRepository
from tests.unit.conftest import Fakes

ADMIN = uuid4()
ADA = UserCreate.model_validate(people.ADA)


@pytest.fixture
def users(fakes: Fakes) -> FakeUserRepository:
    return fakes.users


@pytest.fixture
def service(fakes: Fakes) -> UserService:
    return fakes.administration


async def test_a_new_user_is_stored_with_a_password_hash(
    service: UserService, users: FakeUserRepository, hasher: PasswordHasher
) -> None:
    user = await service.create_user(ADA)
    assert await users.get_by_id(user.id) is user
    assert PASSWORD not in user.password_hash
    assert await hasher.verify_password(PASSWORD, user.password_hash) == (True, None)


async def test_every_field_of_a_new_user_is_stored(
    service: UserService,
) -> None:
    given = ADA.model_dump(exclude={"password"})
    user = await service.create_user(ADA)
    assert {name: getattr(user, name) for name in given} == given


async def test_a_new_user_has_the_user_role(service: UserService) -> None:
    assert (await service.create_user(ADA)).role == Role.USER


async def test_a_taken_email_is_a_conflict_regardless_of_case(
    fakes: Fakes, service: UserService
) -> None:
    await service.create_user(ADA)
    async with fakes.refusing(ConflictException):
        await service.create_user(ADA.model_copy(update={"email": "ADA@example.com"}))


async def test_the_email_of_a_deleted_user_can_be_reused(service: UserService) -> None:
    first = await service.create_user(ADA)
    await service.delete_user(first.id, ADMIN)
    assert (await service.create_user(ADA)).id != first.id


async def test_only_the_given_fields_change(
    service: UserService, users: FakeUserRepository, make_user: MakeUser
) -> None:
    user = await users.create(make_user(full_name="Ada", role=Role.MODERATOR))
    updated = await service.update_user(user.id, UserUpdate(full_name="Ada L."), ADMIN)
    assert (updated.full_name, updated.role) == ("Ada L.", Role.MODERATOR)


async def test_an_empty_change_changes_nothing(
    service: UserService, users: FakeUserRepository, make_user: MakeUser
) -> None:
    user = await users.create(make_user())
    before = user.updated_at
    updated = await service.update_user(user.id, UserUpdate(), ADMIN)
    assert updated.updated_at == before


async def test_a_list_has_its_total(
    service: UserService, users: FakeUserRepository, make_user: MakeUser
) -> None:
    for name in ("Ada", "Alan", "Grace"):
        await users.create(make_user(full_name=name))
    page = await service.list_users(UserListParams(limit=2, sort_by="full_name"))
    assert [user.full_name for user in page.items] == ["Grace", "Alan"]
    assert (page.total, page.total_pages) == (3, 2)


class Filtered(UserListParams):
    """A query that also filters by role and time of change."""

    role: Role | None = None
    updated_at_gte: datetime | None = None


async def test_a_field_added_to_the_query_is_a_filter(
    service: UserService, users: FakeUserRepository, make_user: MakeUser
) -> None:
    await users.create(make_user())
    admin = await users.create(make_user(role=Role.ADMIN))
    query = Filtered(role=Role.ADMIN, updated_at_gte=admin.updated_at, search="grace")
    assert (await service.list_users(query)).items == [admin]


async def test_an_unknown_user_is_not_found(service: UserService) -> None:
    nobody = uuid4()
    for attempt in (
        service.get_user(nobody),
        service.update_user(nobody, UserUpdate(full_name="Nobody"), ADMIN),
        service.update_user(nobody, UserUpdate(), ADMIN),
        service.delete_user(nobody, ADMIN),
    ):
        with pytest.raises(NotFoundException, match=str(nobody)):
            await attempt


@pytest.mark.parametrize(
    "change", [UserUpdate(role=Role.USER), UserUpdate(is_active=False)]
)
async def test_the_last_active_admin_cannot_be_demoted_or_deleted(
    fakes: Fakes, service: UserService, make_user: MakeUser, change: UserUpdate
) -> None:
    last = await fakes.users.create(make_user(role=Role.ADMIN))
    await fakes.users.create(make_user(role=Role.ADMIN, is_active=False))
    async with fakes.refusing(ConflictException, match="last active admin"):
        await service.update_user(last.id, change, actor=last.id)
    async with fakes.refusing(ConflictException):
        await service.delete_user(last.id, actor=last.id)
    assert fakes.record.actions == ["!update-user", "!delete-user"]


async def test_the_last_admin_can_change_their_name(
    fakes: Fakes, service: UserService, make_user: MakeUser
) -> None:
    last = await fakes.users.create(make_user(role=Role.ADMIN))
    change = UserUpdate(full_name="Still", role=Role.ADMIN, is_active=True)
    assert (await service.update_user(last.id, change, last.id)).full_name == "Still"


async def test_one_of_two_admins_can_be_deleted(
    fakes: Fakes, service: UserService, make_user: MakeUser
) -> None:
    first, second = [
        await fakes.users.create(make_user(role=Role.ADMIN)) for _ in range(2)
    ]
    await service.delete_user(first.id, actor=second.id)
    async with fakes.refusing(ConflictException):
        await service.delete_user(second.id, actor=second.id)


async def test_deactivation_revokes_all_tokens(
    fakes: Fakes, service: UserService, make_user: MakeUser
) -> None:
    user = await fakes.users.create(make_user())
    tokens = await fakes.tokens.issue(user)
    for active in (False, True):
        await service.update_user(user.id, UserUpdate(is_active=active), ADMIN)
    for attempt in (
        fakes.tokens.authenticate(tokens.access_token),
        fakes.tokens.exchange(tokens.refresh_token),
    ):
        async with fakes.refusing(UnauthorizedException):
            await attempt


async def test_the_audit_log_has_field_names_and_no_values(
    fakes: Fakes, service: UserService
) -> None:
    user = await service.create_user(ADA, actor=ADMIN)
    await service.update_user(user.id, UserUpdate(full_name="Secret"), ADMIN)
    await service.delete_user(user.id, ADMIN)
    assert fakes.record.actions == ["create-user", "update-user", "delete-user"]
    change = fakes.record.events[1]
    assert (change.actor_id, change.subject_id) == (ADMIN, user.id)
    assert (change.fields, change.address) == (["full_name"], "192.0.2.1")
