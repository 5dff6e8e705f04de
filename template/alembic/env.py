"""How Alembic reaches the database, and which tables it compares with."""

import asyncio
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection

import app.domain.models  # noqa: F401 - brings every table
from app.core.config_database import DatabaseSettings
from app.core.database import make_engine
from app.domain.models.base import Base

config = context.config
# The tests pass their own settings; everyone else's come from the environment.
settings = config.attributes.get("settings") or DatabaseSettings()
# A migration takes as long as it needs.
settings = settings.model_copy(update={"DB_STATEMENT_TIMEOUT": 0})


def run_migrations_offline() -> None:
    """Write the SQL instead of running it (`alembic upgrade head --sql`)."""
    context.configure(
        url=settings.database_url, target_metadata=Base.metadata, literal_binds=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_migrations_online() -> None:
    """Run the migrations through the engine of the service."""
    engine = make_engine(settings)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
    await engine.dispose()


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # What is done stays done, and indexes can be made outside of a transaction.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


# A test that runs Alembic keeps its own logging.
if config.config_file_name and "settings" not in config.attributes:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    run_migrations_offline()
else:
    asyncio.run(run_migrations_online())
