"""The database that `make dev` uses: its address and content. Nothing is started."""

import asyncio
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from probe_words import Report, without_secrets

SECONDS = 5
# The query of scripts/devdb.py, which excludes tables of extensions.
TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    ORDER BY relname
"""
NO_DATABASE = "3D000"
REVISIONS = "SELECT version_num FROM alembic_version"
# Overdue and failed jobs of the queue, which templates since 0.7 have.
JOBS = """
    SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after < now() - interval '5 minutes') AS late,
        count(*) FILTER (WHERE status = 'failed') AS failed
    FROM pgqueuer
"""


def report_database(dotenv: dict[str, str]) -> Report:
    """Choose the database as `make dev` does, and inspect it."""
    from scripts.postgres import PostgresError, find_binaries
    from scripts.postgres.choice import DatabaseError, Ways, choose, running_port

    given = {name: value for name, value in dotenv.items() if value}
    try:  # the last choice would start a compose service: not here
        choice = choose(os.environ, given, Ways(find_binaries, running_port, lambda: None))
    except (DatabaseError, PostgresError) as error:
        return {"none": without_secrets(str(error))}
    os.environ.update(choice.settings)
    found: Report = {"reason": choice.reason, "embedded": choice.embedded, "runs": False}
    return found if choice.embedded and not enter_embedded() else found | look()


def enter_embedded() -> bool:
    """Set DB_* to the embedded PostgreSQL from the files of scripts/postgres/keeper.py; return whether it runs."""
    from scripts.postgres import find_binaries
    from scripts.postgres.keeper import SHARED

    usual = Path(".pgdata").resolve() / str(find_binaries()[1])
    other = SHARED / f"pgdata-{hashlib.sha256(os.fsencode(usual)).hexdigest()[:16]}"
    home = usual if (usual / "data").exists() else other
    running = home / "data" / "postmaster.pid"
    if not running.exists():
        return False
    port = running.read_text().splitlines()[3]
    password = json.loads((home / "server.json").read_text())["password"]
    os.environ.update(DB_HOST="127.0.0.1", DB_PORT=port, DB_USER="postgres", DB_PASSWORD=password, DB_SSL="off")
    return True


def look() -> Report:
    """Return the database's address, and its tables and revisions or why they cannot be read."""
    from app.core.config import DatabaseSettings  # type: ignore[attr-defined]  # defined there in 0.1, imported in others
    from pydantic import ValidationError

    try:
        settings = DatabaseSettings()
    except ValidationError:
        return {"error": "its settings are invalid"}
    url = settings.database_url
    place = {"place": f"{url.database} at {url.host}:{url.port or 5432}" if url.host else str(url.database)}
    try:
        return place | asyncio.run(ask(settings))
    except Exception as error:  # noqa: BLE001  # the driver, the system and SQLAlchemy raise their own types
        if any(getattr(known, "sqlstate", "") == NO_DATABASE for known in (error, getattr(error, "orig", None))):
            return place | {"runs": True, "lacks": url.database}
        return place | {"away": why(error)}


async def ask(settings: Any) -> Report:
    """Query tables, revisions and jobs, with a timeout."""
    from app.core.database import make_engine
    from sqlalchemy import text

    bounds = {"DB_CONNECT_TIMEOUT": SECONDS, "DB_STATEMENT_TIMEOUT": SECONDS, "DB_ECHO": False}
    engine = make_engine(settings.model_copy(update=bounds))
    try:
        async with asyncio.timeout(SECONDS), engine.connect() as connection:
            tables = list(await connection.scalars(text(TABLES)))
            ours = "alembic_version" in tables
            revisions = list(await connection.scalars(text(REVISIONS))) if ours else []
            jobs = (await connection.execute(text(JOBS))).mappings().one() if "pgqueuer" in tables else {}
    finally:
        await engine.dispose()
    return {"runs": True, "tables": tables, "revisions": revisions, "jobs": dict(jobs)}


def why(error: Exception) -> str:
    """Return a short reason for a failed connection."""
    text = str(getattr(error, "orig", None) or error)
    if isinstance(error, TimeoutError):
        return f"no response within {SECONDS} seconds"
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in text:
        return "connection refused"
    return without_secrets(text.partition("\n")[0]) or type(error).__name__
