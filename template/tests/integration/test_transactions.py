"""Transactions of requests: no response reports success before the commit.

Each holds one connection at most, and none while it waits for a thread or a turn.
"""

import os
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select, text

from app.api.deps import SAFE_METHODS
from app.container import Container, RequestScope
from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.logging import setup_logging
from app.core.security import PasswordHasher, token_hash
from app.domain.models.base import Base
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.domain.roles import Role
from app.kit.files import FileStore
from app.repository.user_repository import UserRepository
from tests.calls import CALLS, LISTED, V1, Caller
from tests.clients import begin
from tests.conftest import MakeUser, SignIn
from tests.integration.conftest import QUEUE_TABLES, store, store_and_fail
from tests.people import EVE
from tests.slices import SLICES

pytestmark = pytest.mark.integration

# Triggers that fail at COMMIT, not at the statement.
FAIL_AT_COMMIT = """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'refused at commit'; END $$"""
FAILS = """CREATE CONSTRAINT TRIGGER fails AFTER INSERT OR UPDATE OR DELETE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"""
HELD = "A connection is held during slow work: async with unit.released()"
# Attempts are counted in a separate transaction, which a refusal does not undo.
COUNTED_APART = "rate_limits"
TABLES = sorted(Base.metadata.tables.keys() - {COUNTED_APART})
TABLES += [table.name for table in QUEUE_TABLES]


@pytest.fixture
def fresh_app(
    fresh_app: FastAPI,
    narrow: DatabaseManager,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> FastAPI:
    """Return the application with one connection, one hashing thread, and files."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    container: Container = fresh_app.state.container
    container.database = narrow
    container.hasher = PasswordHasher(container.settings)
    container.files = FileStore(tmp_path)
    return fresh_app


@pytest.fixture
async def caller(
    fresh_app: FastAPI,
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
) -> Caller:
    """Return one of two admins, with tokens for all requests."""
    await store(elsewhere, make_user(role=Role.ADMIN))
    admin = await store(elsewhere, make_user(role=Role.ADMIN))
    caller = Caller(fresh_client, admin, sign_in(admin), {}, {}, {}, {})
    async with elsewhere.transaction() as session:
        for slice in SLICES:
            caller.rows[slice.path] = (await slice.add(session, admin.id)).id
            # Later than the row: what must come after another field still does.
            caller.bodies[slice.path] = await slice.body(session, admin.id)

    async def give_tokens(scope: RequestScope) -> None:
        issued = await scope.tokens.issue(admin)
        caller.refresh["refresh_token"] = issued.refresh_token
        for purpose in Purpose:
            caller.mailed[purpose] = token = uuid4().hex
            hour = datetime.now(UTC) + timedelta(hours=1)
            await scope.mail_tokens.add(
                token_hash(token), admin.id, purpose, admin.email, hour
            )

    await fresh_app.state.container.in_transaction(
        RequestContext("local", "test"), give_tokens
    )
    return caller


@pytest.fixture
async def no_commits(caller: Caller, elsewhere: DatabaseManager) -> AsyncIterator[None]:
    """Make every commit that changes a table fail."""
    async with elsewhere.transaction() as session:
        await session.execute(text(FAIL_AT_COMMIT))
        for table in TABLES:
            await session.execute(text(FAILS.format(table=table)))
    yield
    async with elsewhere.transaction() as session:
        await session.execute(text("DROP FUNCTION fail CASCADE"))


@pytest.fixture
async def unique_names(elsewhere: DatabaseManager) -> AsyncIterator[None]:
    """Make the names of users unique, checked at the commit."""
    async with elsewhere.transaction() as session:
        await session.execute(
            text(
                "ALTER TABLE users ADD CONSTRAINT uq_users_full_name "
                "UNIQUE (full_name) DEFERRABLE INITIALLY DEFERRED"
            )
        )
    yield
    async with elsewhere.transaction() as session:
        await session.execute(
            text("ALTER TABLE users DROP CONSTRAINT uq_users_full_name")
        )


def test_every_writing_route_has_a_request(built: FastAPI) -> None:
    writing = {
        f"{method.upper()} {path.removeprefix(V1)}"
        for path, operations in built.openapi()["paths"].items()
        for method in operations
        if method.upper() not in SAFE_METHODS
    }
    called = {name.removesuffix(" again") for name in LISTED}
    missing = sorted(writing - called)
    hint = "a module of tests/calls/ needs a request (docs/entity.md) for"
    assert not missing, f"{hint} {missing}"
    assert called == writing


@pytest.mark.parametrize("name", CALLS)
async def test_a_request_succeeds_with_one_connection_if_its_commit_does(
    caller: Caller, elsewhere: DatabaseManager, held: list[int], name: str
) -> None:
    before = await _rows(elsewhere)
    response = await CALLS[name](caller)
    assert response.is_success, response.text
    assert await _rows(elsewhere) != before
    assert not any(held), HELD


async def test_a_request_that_reads_needs_one_connection(
    built: FastAPI, fresh_app: FastAPI, caller: Caller, held: list[int]
) -> None:
    ids = {"user_id": caller.admin.id}
    for slice in SLICES:
        ids[slice.parameter.removeprefix("path.")] = caller.rows[slice.path]
    for path, operations in built.openapi()["paths"].items():
        if "get" in operations:
            url = path.format_map(defaultdict(uuid4, ids))
            _, error = await begin(fresh_app, url, caller.as_admin)
            assert b"pool is exhausted" not in error, f"{path}: {error.decode()}"
            assert not any(held), f"{path}: {HELD}"


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.usefixtures("no_commits")
async def test_a_request_fails_without_effect_if_its_commit_fails(
    caller: Caller,
    elsewhere: DatabaseManager,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
) -> None:
    setup_logging(settings)
    before = await _rows(elsewhere)
    response = await CALLS[name](caller)
    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    assert await _rows(elsewhere) == before
    assert "Mail to" not in capsys.readouterr().out
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("unique_names")
async def test_a_violated_deferred_constraint_is_a_conflict_too(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = "This name is taken"
    known = {**UserRepository.conflicts, "uq_users_full_name": message}
    monkeypatch.setattr(UserRepository, "conflicts", known)
    admin = await store(elsewhere, make_user(role=Role.ADMIN))
    namesake = EVE | {"full_name": admin.full_name}
    response = await fresh_client.post(
        f"{V1}/users", json=namesake, headers=sign_in(admin)
    )
    assert (response.status_code, response.json()["message"]) == (409, message)


async def test_an_error_rolls_back_the_transaction(
    database: DatabaseManager, make_user: MakeUser
) -> None:
    with pytest.raises(RuntimeError):
        await store_and_fail(database, make_user())
    async with database.transaction() as session:
        assert (await session.scalars(select(User))).all() == []


async def _rows(database: DatabaseManager) -> dict[str, list[str]]:
    """Return all rows as text."""
    async with database.transaction() as session:
        return {
            table: sorted(
                await session.scalars(text(f"SELECT (t.*)::text FROM {table} t"))  # noqa: S608 - tables of the models
            )
            for table in TABLES
        }
