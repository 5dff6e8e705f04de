"""Repositories of users, real and fake."""

from datetime import UTC, datetime, timedelta
from unicodedata import normalize
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.exceptions import ConflictException
from app.core.hashes import hash_kind
from app.domain.models.user import User
from app.domain.roles import Caller, Role
from app.repository.user_repository import SORTABLE, UserRepository
from tests.conftest import MakeUser
from tests.fakes.user_repository import FakeUserRepository

pytestmark = pytest.mark.integration
Store = UserRepository | FakeUserRepository
NOW = datetime.now(UTC)
ZOE = "zo\u00e9@example.org"


@pytest.fixture(params=["real", "fake"])
def users(request: pytest.FixtureRequest, session: AsyncSession) -> Store:
    return UserRepository(session) if request.param == "real" else FakeUserRepository()


async def test_a_created_user_is_found(users: Store, make_user: MakeUser) -> None:
    user = await users.create(make_user(email="Ada@Example.com"))
    assert await users.get_by_id(user.id) is user
    assert await users.get_by_email("ada@example.COM") is user
    assert await users.email_exists("ada@example.com")
    assert user.created_at == user.updated_at


async def test_an_unknown_user_is_not_found(users: Store) -> None:
    assert await users.get_by_id(uuid4()) is None
    assert await users.get_by_email("nobody@example.com") is None
    assert not await users.email_exists("nobody@example.com")
    assert await users.update_by_id(uuid4(), {"full_name": "Nobody"}) is None
    assert not await users.soft_delete(uuid4())
    assert not await users.hard_delete(uuid4())


async def test_a_caller_is_an_active_user_with_the_current_token_version(
    users: Store, make_user: MakeUser
) -> None:
    user = await users.create(make_user(role=Role.MODERATOR))
    assert await users.get_caller(user.id, 0) == Caller(user.id, Role.MODERATOR)
    assert await users.get_caller(uuid4(), 0) is None
    await users.update_by_id(user.id, {"token_version": 1})
    assert await users.get_caller(user.id, 0) is None
    for values in ({"is_active": False}, {"is_active": True, "deleted_at": NOW}):
        await users.update_by_id(user.id, values)
        assert await users.get_caller(user.id, 1) is None


async def test_each_kind_of_hash_in_use_is_found_once(
    users: Store, make_user: MakeUser
) -> None:
    assert set(await users.hash_kinds()) == set()
    kinds = ["2a$04", "2b$12", "argon2id$v=19$m=8,t=1,p=1", "argon2i$m=9,t=10,p=11"]
    hashes = [f"${kind}${rest}" for kind in kinds for rest in ("one", "two")]
    for password_hash in [*hashes, "none", "", "$2b$1", "$argon2id$v=19"]:
        await users.create(make_user(password_hash=password_hash))
    deleted = await users.create(make_user(password_hash="$2y$05$"))
    await users.soft_delete(deleted.id)
    assert sorted(await users.hash_kinds()) == sorted(kinds)
    assert [hash_kind(each) for each in hashes[::2]] == kinds


async def test_a_change_updates_the_loaded_user(
    users: Store, make_user: MakeUser
) -> None:
    user = await users.create(make_user())
    changed = await users.update_by_id(user.id, {"full_name": "New"})
    assert changed is user
    assert user.full_name == "New"


async def test_a_taken_email_is_a_conflict(users: Store, make_user: MakeUser) -> None:
    await users.create(make_user(email=ZOE))
    with pytest.raises(ConflictException, match="already registered"):
        await users.create(make_user(email=ZOE.upper()))


async def test_a_change_to_a_taken_email_is_a_conflict(
    users: Store, make_user: MakeUser
) -> None:
    await users.create(make_user(email=ZOE))
    other = await users.create(make_user())
    with pytest.raises(ConflictException, match="already registered"):
        await users.update_by_id(other.id, {"email": ZOE.upper()})


async def test_a_changed_email_is_found_in_any_spelling(
    users: Store, make_user: MakeUser
) -> None:
    user = await users.create(make_user(email="ada@example.com"))
    for email in (ZOE, ZOE.upper(), "x@b\u00fccher.de"):
        await users.update_by_id(user.id, {"email": email})
        assert user.email == email
        assert await users.get_by_email(normalize("NFD", email.lower())) is user
        assert await users.get_by_email("ada@example.com") is None


async def test_users_that_share_an_email_are_found_by_their_spelling(
    users: Store, make_user: MakeUser
) -> None:
    small = await users.create(make_user(email=ZOE))
    big = await users.create(make_user(email=ZOE.upper(), canonical_email=ZOE.upper()))
    assert await users.get_by_email(ZOE.upper()) is big
    assert await users.get_by_email(ZOE) is small
    assert await users.get_by_email(ZOE.title()) is small


async def test_a_deleted_user_is_hidden_and_the_email_can_be_reused(
    users: Store, make_user: MakeUser
) -> None:
    user = await users.create(make_user(email="ada@example.com"))
    assert await users.soft_delete(user.id)
    assert user.is_deleted
    assert not await users.soft_delete(user.id)
    assert await users.get_by_id(user.id) is None
    assert (await users.get_users()).total == 0
    assert (await users.create(make_user(email="ada@example.com"))).id != user.id


async def test_a_hard_deleted_user_is_gone(users: Store, make_user: MakeUser) -> None:
    user = await users.create(make_user())
    assert await users.hard_delete(user.id)
    assert not await users.hard_delete(user.id)


@pytest.mark.parametrize("search", ["GRACE", "hop", "Navy.mil"])
async def test_a_search_finds_substrings_of_names_and_emails(
    users: Store, make_user: MakeUser, search: str
) -> None:
    grace = await users.create(make_user(full_name="Grace Hop", email="g@navy.mil"))
    await users.create(make_user(full_name="Ada"))
    assert (await users.get_users(search=search)).items == [grace]


async def test_a_filter_finds_rows_with_the_value(
    users: Store, make_user: MakeUser
) -> None:
    admin = await users.create(make_user(role=Role.ADMIN))
    await users.create(make_user())
    assert (await users.get_users(filters={"role": Role.ADMIN})).items == [admin]


@pytest.mark.parametrize("search", ["%", "_", "\\", "100%"])
async def test_a_search_has_no_wildcards(
    users: Store, make_user: MakeUser, search: str
) -> None:
    await users.create(make_user(full_name="Ada"))
    odd = await users.create(make_user(full_name="100% _odd\\"))
    assert (await users.get_users(search=search)).items == [odd]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("field", list(SORTABLE))
async def test_pages_are_ordered_and_complete(
    users: Store, make_user: MakeUser, field: str, order: str
) -> None:
    now = datetime.now(UTC)
    created = [
        await users.create(
            make_user(
                full_name=f"Name {i % 2}",
                email=f"user{i}@example.com",
                created_at=now + timedelta(days=i % 2),
                updated_at=now + timedelta(days=i % 2),
            )
        )
        for i in range(5)
    ]
    found: list[User] = []
    for page in (1, 2, 3):
        got = await users.get_users(page=page, limit=2, sort_by=field, sort_order=order)
        found += got.items
    values = [getattr(user, field) for user in found]
    assert values == sorted(values, reverse=order == "desc")
    assert {user.id for user in found} == {user.id for user in created}


async def test_a_violated_constraint_without_a_message_is_not_hidden(
    session: AsyncSession, make_user: MakeUser
) -> None:
    user = make_user()
    user.full_name = None  # type: ignore[assignment]  # what a bug would do
    with pytest.raises(IntegrityError):
        await UserRepository(session).create(user)
