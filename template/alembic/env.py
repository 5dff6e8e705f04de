"""Alembic environment: the connection, and the tables to compare."""

import asyncio
import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from logging.config import fileConfig
from pathlib import Path
from typing import Any

from alembic import context
from alembic.script.revision import MultipleHeads
from alembic.util import CommandError
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

import app.domain.models  # noqa: F401 - registers every table
from app.core.database import make_engine
from app.core.settings.database import DatabaseSettings
from app.domain.models.base import Base

config = context.config
# Tests pass their own settings; otherwise the environment has them.
settings = config.attributes.get("settings") or DatabaseSettings()
# PostgreSQL limits a migration (see `bound`), not the driver. A second connection holds
# the lock (see `alone`).
settings = settings.model_copy(update={"DB_STATEMENT_TIMEOUT": 0, "DB_POOL_SIZE": 2})
LATE = ("55P03", "57014")  # lock_timeout, statement_timeout
TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('alembic', 0))")
CREATION = re.compile(r"""(?:create_table\(|rename_table\([^,)]+,)\s*["'](\w+)""")
logger = logging.getLogger("alembic.env")


def run_migrations_offline() -> None:
    """Write the SQL instead of running it (`alembic upgrade head --sql`)."""
    context.configure(
        url=settings.database_url, target_metadata=Base.metadata, literal_binds=True
    )
    with context.begin_transaction():
        _run_migrations()


async def run_migrations_online() -> None:
    """Run the migrations through the engine of the service."""
    engine = make_engine(settings)
    event.listen(engine.sync_engine, "begin", bound)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in LATE:
            raise
        raise CommandError(
            f"{error.orig}. This migration was rolled back; earlier ones are applied. "
            "Run it again when the database is less busy, or raise "
            "MIGRATION_LOCK_TIMEOUT or MIGRATION_STATEMENT_TIMEOUT."
        ) from error
    finally:
        await engine.dispose()


def is_ours(name: str | None, kind: str, parents: Mapping[Any, Any]) -> bool:
    """Exclude tables of others: of extensions, other programs and PgQueuer.

    A table is ours if it has a model, or if `op.create_table` in a migration names it:
    a table whose model was removed must be dropped.
    """
    if kind != "table":
        return True
    table = parents["schema_qualified_table_name"]
    return table in Base.metadata or table in created_tables()


@cache
def created_tables() -> set[str]:
    """Return the names in each `op.create_table` and `op.rename_table`."""
    paths = [Path(script.path) for script in context.script.walk_revisions()]
    sources = "".join(path.read_text("utf-8") for path in paths)
    return set(CREATION.findall(sources))


def bound(connection: Connection) -> None:
    """Limit the time of a transaction, whose locks block the service.

    In an autocommit_block SET LOCAL has no effect: CONCURRENTLY blocks nobody, and may
    take as long as it needs.
    """
    limits = {
        "lock_timeout": settings.MIGRATION_LOCK_TIMEOUT,
        "statement_timeout": settings.MIGRATION_STATEMENT_TIMEOUT,
    }
    for name, seconds in limits.items():
        connection.exec_driver_sql(f"SET LOCAL {name} = {round(seconds * 1000)}")


def _run_migrations() -> None:
    """Run the migrations; for several heads, name the command that merges them."""
    try:
        context.run_migrations()
    except CommandError as error:
        if not isinstance(error.__cause__, MultipleHeads):
            raise
        raise CommandError(
            "The migrations have several heads, for example after a merge of two "
            "branches. Run: make migrate-merge (python -m scripts.merge_migrations)"
        ) from error


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Wait until no other process migrates this database.

    A transaction holds the lock: PgBouncer keeps it on one connection, and it ends with
    the process. A wait inside a statement would block CREATE INDEX CONCURRENTLY.
    """
    with connection.engine.connect() as holder:
        if not holder.scalar(TRY_LOCK):
            logger.warning("Another process is migrating this database: waiting for it")
        while not holder.scalar(TRY_LOCK):
            holder.rollback()
            time.sleep(1)
        # The last statement keeps no snapshot, which CONCURRENTLY would wait for.
        holder.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=is_ours,
        # A failure keeps earlier migrations, and autocommit_block is possible.
        transaction_per_migration=True,
    )
    # `current` and `check` only read, and have no destination.
    changes = "destination_rev" in context.get_context().opts
    with alone(connection) if changes else nullcontext(), context.begin_transaction():
        _run_migrations()


# A test that runs Alembic keeps its own logging.
if config.config_file_name and "settings" not in config.attributes:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    run_migrations_offline()
else:
    asyncio.run(run_migrations_online())
