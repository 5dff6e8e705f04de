"""The shared setup: an installed project, its PostgreSQL, a thousand users and an admin."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import ENVIRONMENT, BenchError, run

EMAIL = "admin@example.com"
KEEP = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from scripts.postgres import persistent, throwaway

with persistent(Path(sys.argv[1])) if sys.argv[1:] else throwaway() as server:
    print(json.dumps(asdict(server)), flush=True)
    sys.stdin.read()
"""
ASK = """
import asyncio, json, sys
import asyncpg

async def ask():
    connection = await asyncpg.connect(sys.argv[1])
    for statement in json.load(sys.stdin):
        rows = await connection.fetch(statement)
    print(json.dumps([list(row) for row in rows], default=str))

asyncio.run(ask())
"""
# Fixed values: instructions are counted, and each digit costs some.
FILL = """
    INSERT INTO users (id, email, password_hash, full_name, created_at)
    SELECT md5(i::text)::uuid, 'user' || i || '@example.com', 'none', 'Grace Hopper ' || i,
        timestamptz '2026-01-01' - i * interval '1 hour'
    FROM generate_series(1, 1000) AS i
"""


@dataclass(frozen=True)
class Stage:
    """An installed project and the address of its filled database."""

    project: Path
    python: Path
    url: str
    password: str
    users: list[str]

    def ask(self, *statements: str, url: str = "") -> list[list[Any]]:
        """Run statements, each in its own transaction; return the rows of the last."""
        return ask(self.python, url or self.url, *statements)

    def new_database(self, name: str) -> str:
        """Create an empty database on the same server; return its URL."""
        self.ask(f"CREATE DATABASE {name}")
        return f"{self.url.rpartition('/')[0]}/{name}"


def ask(python: Path, url: str, *statements: str) -> list[list[Any]]:
    """Run statements on a database; return the rows of the last."""
    return list(json.loads(run(python, "-c", ASK, url, cwd=python.parent, given=json.dumps(statements))))


def copied(project: Path, copy: Path) -> Path:
    """Copy a project without its environment and its data; return the copy."""
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".venv", ".git", ".pgdata", "*_cache"))
    return copy


@contextmanager
def staged(place: Path) -> Iterator[Stage]:
    """Create a project with `mkbackend new`, start its PostgreSQL, migrate and fill it."""
    run(sys.executable, "-m", "mkbackend", "new", "service", "--yes", "--no-git", cwd=place)
    project = place / "service"
    python = project / ".venv" / "bin" / "python"
    if not python.exists():
        raise BenchError("`mkbackend new` installed nothing: uv or the project's Python is missing.")
    with postgres(project, python, place) as url:
        yield filled(project, python, url)


def filled(project: Path, python: Path, url: str) -> Stage:
    """Migrate and fill an empty database for a project."""
    run(python, "-m", "alembic", "upgrade", "head", cwd=project, DATABASE_URL=url)
    ask(python, url, FILL, "VACUUM (ANALYZE) users")
    said = run(python, "-m", "scripts.create_admin", EMAIL, cwd=project, DATABASE_URL=url)
    (password,) = re.findall(r"password: (\S+)", said)
    rows = ask(python, url, "SELECT id FROM users WHERE role = 'user' ORDER BY created_at")
    return Stage(project, python, url, password, [user for (user,) in rows])


@contextmanager
def postgres(project: Path, python: Path, place: Path, data: Path | None = None) -> Iterator[str]:
    """Start a PostgreSQL as the project's tests do, without fsync; yield its URL.

    With a folder for its data, it is the one of `make dev`, which waits for its disk.
    """
    with subprocess.Popen(
        (python, "-c", KEEP, *([data] if data else [])),
        cwd=project,
        env=ENVIRONMENT | {"TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # This process handles Ctrl-C, and stops the servers first.
        start_new_session=True,
    ) as keeper:
        said = json.loads((keeper.stdout.readline() if keeper.stdout else "") or "{}")
        if not said:
            raise BenchError("PostgreSQL does not start.")
        yield f"postgresql://{said['user']}:{said['password']}@{said['host']}:{said['port']}/{said['database']}"
