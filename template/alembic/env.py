"""Alembic environment: the connection, and the tables to compare."""

import asyncio
from logging.config import fileConfig

from alembic import context
from alembic.script.revision import MultipleHeads
from alembic.util import CommandError
from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError

import app.domain.models  # noqa: F401 - registers every table
from app.core.database import make_engine
from app.core.settings.database import DatabaseSettings
from app.domain.models.base import Base

config = context.config
# Tests pass their own settings; otherwise the environment has them.
settings = config.attributes.get("settings") or DatabaseSettings()
# PostgreSQL limits a migration (see `bound`), not the driver.
settings = settings.model_copy(update={"DB_STATEMENT_TIMEOUT": 0})
LATE = ("55P03", "57014")  # lock_timeout, statement_timeout


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


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Exclude PgQueuer's tables, which have no models."""
    return kind != "table" or not str(name).startswith("pgqueuer")


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


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=is_ours,
        # A failure keeps earlier migrations, and autocommit_block is possible.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        _run_migrations()


# A test that runs Alembic keeps its own logging.
if config.config_file_name and "settings" not in config.attributes:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    run_migrations_offline()
else:
    asyncio.run(run_migrations_online())
