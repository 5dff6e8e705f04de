"""Statements that are compiled once."""

import pytest
from sqlalchemy import bindparam, insert, literal, select, update

from app.core.database import DatabaseManager
from app.core.db.compiled import CompiledStatement
from app.core.db.sessions import WriteInReadingError
from app.domain.models.refresh_token import RefreshToken
from app.domain.models.user import User
from app.domain.roles import Role
from tests.conftest import MakeUser
from tests.integration.conftest import store

pytestmark = pytest.mark.integration
BY_NAME = CompiledStatement(
    select(User.id, User.role, literal("as is")).where(
        User.full_name == bindparam("name"), User.role == bindparam("role")
    )
)
RENAME = CompiledStatement(
    update(User).where(User.id == bindparam("user")).values(full_name="Eve")
)
TOKEN = CompiledStatement(insert(RefreshToken), columns=["token_hash", "family_id"])


async def test_values_and_constants_are_in_their_places(
    elsewhere: DatabaseManager, make_user: MakeUser
) -> None:
    user = await store(elsewhere, make_user(full_name="Ada"))
    async with elsewhere.reading() as session:
        for name, role, expected in (
            ("Ada", user.role, [(user.id, user.role, "as is")]),
            ("Eve", user.role, []),
            ("Ada", Role.MODERATOR, []),
        ):
            rows = await BY_NAME.run(session, {"name": name, "role": role})
            assert [tuple(row) for row in rows] == expected


async def test_a_missing_value_is_an_error_and_not_null(
    elsewhere: DatabaseManager,
) -> None:
    async with elsewhere.reading() as session:
        with pytest.raises(KeyError, match="name"):
            await BY_NAME.run(session, {"role": Role.USER})
    async with elsewhere.transaction() as session:
        with pytest.raises(KeyError, match="family_id"):
            await TOKEN.run(session, {"token_hash": "abc"})


async def test_a_writing_statement_needs_a_session_that_writes(
    elsewhere: DatabaseManager, make_user: MakeUser
) -> None:
    user = await store(elsewhere, make_user(full_name="Ada"))
    with pytest.raises(WriteInReadingError):
        async with elsewhere.reading() as session:
            await RENAME.run(session, {"user": user.id})
    async with elsewhere.transaction() as session:
        await RENAME.run(session, {"user": user.id})
    async with elsewhere.reading() as session:
        assert (await session.scalars(select(User.full_name))).all() == ["Eve"]
