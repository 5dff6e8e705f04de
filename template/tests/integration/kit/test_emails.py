"""E-mails that other programs wrote, and accounts that share one."""

from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.container import Container
from app.core.database import DatabaseManager
from app.core.exceptions import ConflictException
from app.domain.models.user import User
from app.repository.user_repository import UserRepository
from scripts.emails import OPERATOR, keep, list_shared
from tests.conftest import MakeUser
from tests.integration.conftest import store
from tests.people import ROW

pytestmark = pytest.mark.integration
ZOE = "zo\u00e9@example.org"
CHANGE = text("UPDATE users SET email = :email WHERE id = :id")


@pytest.fixture
def container(app: FastAPI) -> Container:
    container: Container = app.state.container
    return container


async def test_sql_that_inserts_an_email_sets_its_canonical_form(
    session: AsyncSession, make_user: MakeUser
) -> None:
    users = UserRepository(session)
    id = await _insert(session, "Ada@Example.ORG")
    found = await users.get_by_email("aDA@example.org")
    assert found
    assert found.id == id
    with pytest.raises(ConflictException):
        await users.create(make_user(email="ada@example.org"))


async def test_sql_that_changes_an_email_sets_its_canonical_form(
    session: AsyncSession, make_user: MakeUser
) -> None:
    users = UserRepository(session)
    user = await users.create(make_user(email=ZOE))
    await session.execute(CHANGE, {"id": user.id, "email": "Ada@example.org"})
    assert await users.get_by_email("ada@EXAMPLE.org") is user
    assert await users.get_by_email(ZOE) is None


async def test_the_command_sets_the_canonical_forms_that_sql_cannot(
    container: Container, session: AsyncSession
) -> None:
    id = await _insert(session, ZOE.upper())
    users = UserRepository(session)
    assert await users.get_by_email(ZOE.upper())
    assert await users.get_by_email(ZOE) is None
    assert "No accounts" in await container.in_transaction(OPERATOR, list_shared)
    found = await users.get_by_email(ZOE)
    assert found
    assert found.id == id


async def test_the_command_lists_accounts_that_share_an_email_and_keeps_one(
    container: Container, database: DatabaseManager, make_user: MakeUser
) -> None:
    small = await store(database, make_user(email=ZOE))
    big = await store(
        database, make_user(email=ZOE.upper(), canonical_email=ZOE.upper())
    )
    await store(database, make_user())
    listed = await container.in_transaction(OPERATOR, list_shared)
    assert f"2 accounts share {ZOE}:" in listed
    assert [str(user.id) in listed for user in (small, big)] == [True, True]
    done = await container.in_transaction(OPERATOR, lambda scope: keep(scope, big.id))
    assert done == f"Kept {ZOE.upper()}, deleted 1."
    async with database.transaction() as session:
        found = await UserRepository(session).get_by_email(ZOE)
        assert found
        assert found.id == big.id
    again = await container.in_transaction(OPERATOR, lambda scope: keep(scope, big.id))
    assert "No account shares" in again


async def _insert(session: AsyncSession, email: str) -> UUID:
    """Store a user without the canonical form, as the previous release does."""
    id = uuid4()
    await session.execute(insert(User).values(**ROW, id=id, email=email))
    return id
