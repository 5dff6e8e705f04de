"""Choice of the development database: the first that is available."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.postgres import PostgresError

SERVICE = "the compose service postgres"


class DatabaseError(Exception):
    """A failure to find a database; the message says why, and the fix."""


@dataclass(frozen=True)
class Choice:
    """The settings of a database, and why it was chosen."""

    reason: str
    settings: Mapping[str, str]
    embedded: bool = False


@dataclass(frozen=True)
class Ways:
    """The ways to find or start a server on this machine."""

    binaries: Callable[[], object]
    running_port: Callable[[], int | None]
    started_port: Callable[[], int | None]


def choose(environ: Mapping[str, str], dotenv: Mapping[str, str], ways: Ways) -> Choice:
    """Return the first database available. A configured one is used in any case.

    Raises:
        DatabaseError: no database is available.
        PostgresError: PG_BIN names no usable PostgreSQL.
    """
    for name in ("DATABASE_URL", "DB_HOST"):
        for place, settings in (("the environment", environ), (".env", dotenv)):
            if settings.get(name):
                return Choice(f"{name} is set in {place}", {})
    if port := ways.running_port():
        return _compose(port, f"{SERVICE} is running")
    try:
        ways.binaries()
    except PostgresError as error:
        if environ.get("PG_BIN"):
            raise
        return _last(ways, error)
    why = "embedded PostgreSQL, as neither DATABASE_URL nor DB_HOST is set"
    return Choice(why, {}, embedded=True)


def _last(ways: Ways, error: PostgresError) -> Choice:
    if port := ways.started_port():
        return _compose(port, f"{SERVICE} was started: {error}")
    raise DatabaseError(
        "No database. Set DATABASE_URL or DB_HOST (and the other DB_*) in .env, or "
        f"start Docker. {error}"
    ) from error


def _compose(port: int, reason: str) -> Choice:
    return Choice(reason, {"DB_HOST": "127.0.0.1", "DB_PORT": str(port)})


def _compose_command(*arguments: str) -> list[str] | None:
    docker = shutil.which("docker")
    if docker is None:
        return None
    # Compose itself looks for .env next to its own file.
    env = ["--env-file", ".env"] if Path(".env").exists() else []
    return [docker, "compose", *env, "-f", "docker/docker-compose.yml", *arguments]


def running_port() -> int | None:
    """Return the port of this project's PostgreSQL in Docker, if it runs."""
    command = _compose_command("port", "postgres", "5432")
    if command is None:
        return None
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    published = re.search(r":([1-9]\d*)\s*$", done.stdout)
    return int(published[1]) if published else None


def started_port() -> int | None:
    """Start this project's PostgreSQL in Docker; return its port."""
    command = _compose_command("up", "--detach", "--wait", "postgres")
    if command is None or subprocess.run(command, check=False).returncode != 0:
        return None
    return running_port()
