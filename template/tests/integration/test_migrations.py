"""Migrations go up, down and up again, and make what the models say."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.config import Settings
from tests.integration.conftest import alembic_config, leading_to, new_database

pytestmark = pytest.mark.integration


@pytest.fixture
async def empty(server: URL, settings: Settings) -> AsyncIterator[Settings]:
    """Settings of an empty database."""
    async with new_database(server, settings) as database:
        yield leading_to(database, settings)


async def test_each_migration_goes_up_down_and_up_again(empty: Settings) -> None:
    config = alembic_config(empty)
    scripts = ScriptDirectory.from_config(config)
    for script in reversed(list(scripts.walk_revisions())):
        await _run(command.upgrade, config, script.revision)
        await _run(command.downgrade, config, "-1")
        await _run(command.upgrade, config, script.revision)
    await _run(command.downgrade, config, "base")
    assert await _tables(empty) == ["alembic_version"]


async def test_the_migrations_make_what_the_models_say(empty: Settings) -> None:
    config = alembic_config(empty)
    await _run(command.upgrade, config, "head")
    await _run(command.check, config)


def test_there_is_one_head(settings: Settings) -> None:
    scripts = ScriptDirectory.from_config(alembic_config(settings))
    assert len(scripts.get_heads()) == 1


def test_the_sql_can_be_written_without_a_database(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    command.upgrade(alembic_config(settings), "head", sql=True)
    assert "CREATE TABLE users" in capsys.readouterr().out


async def _run(action: Callable[..., Any], config: Config, *arguments: str) -> None:
    """Run Alembic in a thread: it has an event loop of its own."""
    await asyncio.to_thread(action, config, *arguments)


async def _tables(settings: Settings) -> list[str]:
    engine = create_async_engine(settings.database_url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
    await engine.dispose()
    return names
