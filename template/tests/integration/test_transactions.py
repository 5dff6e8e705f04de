"""No answer says that something was done before it was committed."""

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.logging import setup_logging
from app.domain.models.user import User
from app.domain.roles import Role
from tests.conftest import PASSWORD, MakeUser, SignIn
from tests.integration.conftest import store

pytestmark = pytest.mark.integration

# It lets the INSERT pass and fails at COMMIT.
FAIL_AT_COMMIT = (
    """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'refused at commit'; END $$""",
    """CREATE CONSTRAINT TRIGGER fails AFTER INSERT OR UPDATE ON users
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()""",
)


async def test_a_commit_that_fails_is_an_error_stores_nothing_and_mails_nobody(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    setup_logging(settings)
    admin = await store(elsewhere, make_user(role=Role.ADMIN))
    async with elsewhere.transaction() as session:
        for statement in FAIL_AT_COMMIT:
            await session.execute(text(statement))
    answer = await fresh_client.post(
        "/api/v1/users",
        json={"email": "ada@example.com", "password": PASSWORD, "full_name": "Ada"},
        headers=sign_in(admin),
    )
    assert answer.status_code == 500
    registered = await fresh_client.post(
        "/api/v1/auth/register",
        json={"email": "eve@example.com", "password": PASSWORD, "full_name": "Eve"},
    )
    assert registered.status_code == 500
    assert "Mail to" not in capsys.readouterr().out
    async with elsewhere.transaction() as session:
        stored = await session.scalars(select(User.email))
        assert stored.all() == [admin.email]


async def test_an_error_undoes_the_transaction(
    database: DatabaseManager, make_user: MakeUser
) -> None:
    with pytest.raises(RuntimeError):
        await _store_and_fail(database, make_user())
    async with database.transaction() as session:
        assert (await session.scalars(select(User))).all() == []


async def _store_and_fail(database: DatabaseManager, user: User) -> None:
    async with database.transaction() as session:
        session.add(user)
        await session.flush()
        raise RuntimeError
