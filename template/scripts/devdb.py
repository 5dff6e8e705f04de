"""Command to run other commands with a development database.

    python -m scripts.devdb
    python -m scripts.devdb run [--migrate] [--seed] [-- COMMAND ...]

Without arguments, it migrates and seeds the database and runs the API.

It takes the first of these that is available: the database of DATABASE_URL or DB_HOST;
this project's compose service, if it runs; an embedded PostgreSQL with its data in
.pgdata; the compose service, started. Commands get its address in DB_*.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from app.core.config import ConfigurationError, get_settings
from app.core.database import make_engine
from app.core.settings.database import DatabaseSettings
from app.core.settings.sources import read_dotenv
from scripts.postgres import PostgresError, Server, find_binaries, persistent
from scripts.postgres.choice import (
    DatabaseError,
    Ways,
    choose,
    running_port,
    started_port,
)
from scripts.postgres.command import run

PROJECT = Path(__file__).resolve().parents[1]
MIGRATE = [sys.executable, "-m", "alembic", "upgrade", "head"]
SEED = [sys.executable, "-m", "scripts.seed"]
SERVE = [sys.executable, "-m", "app"]
DATABASE = text("SELECT 1 FROM pg_database WHERE datname = :name")
# Without the tables of extensions.
TABLES = text("""
    SELECT relname FROM pg_class
    WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    ORDER BY relname
""")


@contextmanager
def database() -> Iterator[DatabaseSettings]:
    """Choose a database, print which, and set DB_* in the environment.

    Raises:
        DatabaseError, PostgresError: no database is available.
    """
    try:
        dotenv = read_dotenv(Path(".env"))
    except SettingsError as error:
        raise DatabaseError(str(error)) from None
    choice = choose(os.environ, dotenv, Ways(find_binaries, running_port, started_port))
    os.environ.update(choice.settings)
    if not choice.embedded:
        yield _announce(choice.reason)
        return
    with persistent(PROJECT / ".pgdata") as server:
        yield _enter(server, choice.reason)


def _enter(server: Server, reason: str) -> DatabaseSettings:
    """Set DB_* to this server, and create the database if it is missing."""
    os.environ |= {
        "DB_HOST": server.host,
        "DB_PORT": str(server.port),
        "DB_USER": server.user,
        "DB_PASSWORD": server.password,
        "DB_SSL": "off",
    }
    home = Path(server.home)
    home = home.relative_to(PROJECT) if home.is_relative_to(PROJECT) else home
    settings = _announce(f"{reason}; data in {home}")
    os.environ["DB_NAME"] = settings.DB_NAME
    asyncio.run(_create_database(settings, server.database))
    return settings


def _announce(reason: str) -> DatabaseSettings:
    try:
        settings = DatabaseSettings()
    except ValidationError as error:
        wrong = [": ".join([*map(str, e["loc"]), e["msg"]]) for e in error.errors()]
        raise DatabaseError("; ".join(wrong)) from None
    url = settings.database_url
    place = f"{url.host}:{url.port}" if url.host else url.query.get("host", "this host")
    print(f"Database: {url.database} at {place} ({reason})", file=sys.stderr)
    return settings


async def _create_database(settings: DatabaseSettings, existing: str) -> None:
    engine = make_engine(settings.model_copy(update={"DB_NAME": existing}))
    name = settings.DB_NAME
    quoted = engine.dialect.identifier_preparer.quote_identifier(name)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        # Another command may create it at the same time.
        with suppress(IntegrityError, ProgrammingError):
            if not await connection.scalar(DATABASE, {"name": name}):
                await connection.execute(text(f"CREATE DATABASE {quoted}"))
    await engine.dispose()


async def _tables(settings: DatabaseSettings) -> list[str]:
    engine = make_engine(settings)
    try:
        async with engine.connect() as connection:
            return list(await connection.scalars(TABLES))
    except (OSError, SQLAlchemyError) as error:
        raise DatabaseError(f"Cannot connect to the database: {error}") from error
    finally:
        await engine.dispose()


def refuse_foreign(settings: DatabaseSettings) -> None:
    """Raise DatabaseError if the tables belong to another application."""
    tables = asyncio.run(_tables(settings))
    if tables and "alembic_version" not in tables:
        raise DatabaseError(
            f"{settings.database_url.database} has tables of another application "
            f"({', '.join(tables[:3])}…). Nothing was changed; use another database."
        )


def warn_of_jobs() -> None:
    """Warn that no worker runs jobs; the service itself reports invalid settings."""
    with suppress(ConfigurationError):
        if not get_settings().JOBS_IN_API:
            print(
                "Jobs: no worker runs them, so no mail is sent. Set JOBS_IN_API=true "
                "in .env, or also run `python -m app.jobs`.",
                file=sys.stderr,
            )


def _parse(arguments: list[str]) -> list[list[str]]:
    """Parse the command line; return the commands to run, ours first."""
    if not arguments:
        return [MIGRATE, SEED, SERVE]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        usage="python -m scripts.devdb run [--migrate] [--seed] [-- COMMAND ...]",
        description="Run a command with a development database.",
    )
    parser.add_argument("action", choices=["run"])
    parser.add_argument("--migrate", action="store_true", help="migrate it first")
    parser.add_argument("--seed", action="store_true", help="seed it first")
    options = parser.parse_args(arguments[:cut])
    commands = [
        MIGRATE if options.migrate else [],
        SEED if options.seed else [],
        arguments[cut + 1 :],
    ]
    return [command for command in commands if command]


def main(arguments: list[str]) -> int:
    """Run the commands; return the exit code."""
    commands = _parse(arguments)
    os.chdir(PROJECT)
    # So that `alembic` and `python` are those of this environment.
    own = os.path.dirname(sys.executable)
    os.environ["PATH"] = os.pathsep.join([own, os.environ.get("PATH", os.defpath)])
    try:
        with database() as settings:
            if MIGRATE in commands or SEED in commands:
                refuse_foreign(settings)
            if SERVE in commands:
                warn_of_jobs()
            codes = (run(command) for command in commands)
            return next((code for code in codes if code), 0)
    except (DatabaseError, PostgresError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
