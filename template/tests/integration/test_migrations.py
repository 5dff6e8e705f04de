"""Migrations: upgrade, downgrade, and agreement with the models."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import Settings
from app.core.database import make_engine
from app.domain.roles import Role
from tests.integration.conftest import alembic_config, leading_to, new_database
from tests.integration.constraints import missing_lines

pytestmark = pytest.mark.integration

# This migration locks the users table; the next one is concurrent.
PICTURES = "5c1d7e2f9a40"
READERS = "LOCK TABLE users IN ACCESS SHARE MODE"
WRITERS = "LOCK TABLE users IN ROW EXCLUSIVE MODE"
# Held by a migration in alembic/env.py.
MIGRATES = "SELECT pg_advisory_xact_lock(hashtextextended('alembic', 0))"


@pytest.fixture
async def empty(server: URL, settings: Settings) -> AsyncIterator[Settings]:
    """Yield settings of an empty database."""
    async with new_database(server, settings) as database:
        yield leading_to(database, settings)


@pytest.fixture
async def at_head(
    server: URL, migrated: str, settings: Settings
) -> AsyncIterator[Settings]:
    """Yield settings of a database with all migrations."""
    async with new_database(server, settings, migrated) as database:
        yield leading_to(database, settings)


async def test_each_migration_upgrades_downgrades_and_upgrades_again(
    empty: Settings,
) -> None:
    config = alembic_config(empty)
    scripts = ScriptDirectory.from_config(config)
    for script in reversed(list(scripts.walk_revisions())):
        await _run(command.upgrade, config, script.revision)
        await _run(command.downgrade, config, _before(script))
        await _run(command.upgrade, config, script.revision)
    await _run(command.downgrade, config, "base")
    assert await _tables(empty) == ["alembic_version"]


async def test_the_migrations_match_the_models(at_head: Settings) -> None:
    await _run(command.check, alembic_config(at_head))


async def test_tables_of_others_are_left_alone(at_head: Settings) -> None:
    await _execute(
        at_head,
        "CREATE TABLE table_of_another_program (id integer)",
        "CREATE TABLE partitions (id integer) PARTITION BY RANGE (id)",
        "CREATE TABLE partition_1 PARTITION OF partitions DEFAULT",
        "CREATE SCHEMA other",
        "CREATE TABLE other.users (id integer)",
    )
    await _run(command.check, alembic_config(at_head))


@pytest.mark.parametrize(
    "line",
    [
        "op.create_table('once_a_model')",
        'op.create_table("table"); op.rename_table("table", "once_a_model")',
    ],
)
async def test_the_table_of_a_removed_model_is_dropped(
    at_head: Settings, tmp_path: Path, line: str
) -> None:
    config = _with_migrations(at_head, tmp_path, added=line)
    await _run(command.upgrade, config, "head")
    with pytest.raises(CommandError, match=r"remove_table.*once_a_model"):
        await _run(command.check, config)


async def test_the_constraints_match_the_models(session: AsyncSession) -> None:
    lines = await missing_lines(session)
    hint = 'make migrate-create msg="change constraints" (docs/role.md), and paste'
    assert not lines, f"{hint}:\n\n{lines}"


async def test_a_differing_constraint_is_reported_with_its_migration(
    session: AsyncSession,
) -> None:
    for change in (
        "DROP CONSTRAINT ck_users_role",
        "ADD CONSTRAINT one_name EXCLUDE (full_name WITH =)",
        "ADD CONSTRAINT ck_users_email CHECK (email <> ':b') NOT VALID",
    ):
        await session.execute(text(f"ALTER TABLE users {change}".replace(":", "\\:")))
    upgrade, downgrade = (await missing_lines(session)).split("def downgrade")
    roles = f"CHECK (role IN ('{Role.ADMIN}', "
    assert f"ADD CONSTRAINT ck_users_role {roles}" in upgrade
    assert "VALIDATE CONSTRAINT ck_users_role" in upgrade
    assert "DROP CONSTRAINT ck_users_role" in downgrade
    assert "DROP CONSTRAINT one_name" in upgrade
    assert "ADD CONSTRAINT one_name EXCLUDE" in downgrade
    assert "VALIDATE CONSTRAINT one_name" not in downgrade
    assert r"'\\:b'" in downgrade
    assert all(len(line) <= 88 for line in (upgrade + downgrade).splitlines())


def test_there_is_one_head(settings: Settings) -> None:
    scripts = ScriptDirectory.from_config(alembic_config(settings))
    assert len(scripts.get_heads()) == 1, "merge them: make migrate-merge"


async def test_several_heads_are_refused_with_the_fix(
    empty: Settings, tmp_path: Path
) -> None:
    config = _with_migrations(empty, tmp_path, ours="", theirs="")
    with pytest.raises(CommandError, match="make migrate-merge"):
        await _run(command.upgrade, config, "head")
    assert await _tables(empty) == []


def test_offline_sql_needs_no_database(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    command.upgrade(alembic_config(settings), "head", sql=True)
    assert "CREATE TABLE users" in capsys.readouterr().out


@pytest.mark.parametrize(
    "limit", ["MIGRATION_LOCK_TIMEOUT", "MIGRATION_STATEMENT_TIMEOUT"]
)
async def test_a_timed_out_migration_is_rolled_back_and_can_be_retried(
    empty: Settings, limit: str
) -> None:
    patient = alembic_config(empty)
    await _run(command.upgrade, patient, PICTURES)
    hasty = alembic_config(empty.model_copy(update={limit: 1}))
    async with _locked(empty, READERS):
        with pytest.raises(CommandError, match=r"rolled back.*MIGRATION_LOCK_TIMEOUT"):
            await _run(command.downgrade, hasty, "-1")
    assert "idempotency_keys" in await _tables(empty)
    await _run(command.downgrade, hasty, "-1")
    assert "idempotency_keys" not in await _tables(empty)


async def test_a_migration_waits_for_one_of_another_process(
    empty: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    config = alembic_config(empty)
    async with _locked(empty, MIGRATES):
        run = asyncio.create_task(_run(command.upgrade, config, "head"))
        async with asyncio.timeout(20):
            while "waiting" not in caplog.text:  # noqa: ASYNC110 - it runs in a thread
                await asyncio.sleep(0.02)
        assert await _tables(empty) == []
    await run
    assert "users" in await _tables(empty)


async def test_a_command_that_only_reads_does_not_wait(empty: Settings) -> None:
    async with _locked(empty, MIGRATES), asyncio.timeout(20):
        await _run(command.current, alembic_config(empty))


async def test_a_concurrent_index_has_no_timeout(
    empty: Settings,
) -> None:
    await _run(command.upgrade, alembic_config(empty), PICTURES)
    limits = {"MIGRATION_LOCK_TIMEOUT": 1, "MIGRATION_STATEMENT_TIMEOUT": 1}
    hasty = alembic_config(empty.model_copy(update=limits))
    async with _locked(empty, WRITERS):
        run = asyncio.create_task(_run(command.upgrade, hasty, "+1"))
        await asyncio.sleep(1.5)
        assert not run.done()
    await run


def _before(script: Script) -> str:
    """Return the previous revision: after a merge, -1 is ambiguous."""
    before = script.down_revision
    return before if isinstance(before, str) else before[0] if before else "base"


def _with_migrations(settings: Settings, folder: Path, **upgrades: str) -> Config:
    """Return a configuration with more migrations: their names and first lines."""
    config = alembic_config(settings)
    head = ScriptDirectory.from_config(config).get_heads()[0]
    for name, line in upgrades.items():
        lines = f'revision = "{name}"\ndown_revision = "{head}"\n'
        body = f"from alembic import op\n\n\ndef upgrade():\n    {line or 'pass'}\n"
        (folder / f"{name}.py").write_text(lines + body)
    places = os.pathsep.join(("%(here)s/alembic/versions", str(folder)))
    config.set_main_option("version_locations", places)
    return config


@asynccontextmanager
async def _locked(settings: Settings, statement: str) -> AsyncIterator[None]:
    """Hold a lock, as another process does."""
    engine = make_engine(settings)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
        yield
    await engine.dispose()


async def _execute(settings: Settings, *statements: str) -> None:
    engine = make_engine(settings)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def _run(action: Callable[..., Any], config: Config, *arguments: str) -> None:
    """Run Alembic in a thread, because it runs its own event loop."""
    await asyncio.to_thread(action, config, *arguments)


async def _tables(settings: Settings) -> list[str]:
    engine = make_engine(settings)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
    await engine.dispose()
    return names
