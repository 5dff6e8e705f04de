"""Tests of the grants in docs/deploy.md: roles that do not own the database run the migrations and the service."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from combinations import FULL

from .conftest import ENVIRONMENT, SERVER, run

DEBIAN = Path("/usr/lib/postgresql/15/bin")
EXECUTE = """
import asyncio, sys, asyncpg

async def execute():
    connection = await asyncpg.connect(sys.argv[1])
    for statement in sys.argv[2:]:
        await connection.execute(statement)
    await connection.close()

asyncio.run(execute())
"""
ADD_JOB = """
import asyncio
from app.container import Container
from app.core.config import get_settings
from app.core.context import RequestContext
from app.domain.jobs.account import ForgotPassword

async def add():
    container = Container(get_settings())
    await container.database.connect()
    job = ForgotPassword(email="ada@example.com")
    await container.in_transaction(RequestContext("local", "test"), lambda scope: scope.jobs.add(job))
    await container.database.disconnect()

asyncio.run(add())
"""
KEYS = {"ENVIRONMENT": "test", "JWT_SECRET_KEY": "2f4c9a1b7e" * 4, "JWT_REFRESH_SECRET_KEY": "7a1e5d3c9b" * 4}
ROLES = ("CREATE ROLE migrator LOGIN PASSWORD 'm'", "CREATE ROLE service LOGIN PASSWORD 's'")


SERVERS = {"wheel": "", "debian": str(DEBIAN)}


@pytest.fixture(params=SERVERS if FULL else ["wheel"])
def admin(request: pytest.FixtureRequest, installed: Path, python: Path) -> Iterator[str]:
    """Yield the URL of a new server, of each kind that the document names."""
    programs = SERVERS[request.param]
    if programs and not DEBIAN.is_dir():
        pytest.skip(f"no {DEBIAN}")
    env = ENVIRONMENT | ({"PG_BIN": programs} if programs else {})
    command = [str(python), "-c", SERVER]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=installed, env=env, text=True, start_new_session=True, stdin=pipe, stdout=pipe
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()


def test_the_documented_grants_suffice(installed: Path, python: Path, admin: str) -> None:
    grants = re.search(r"```sql\n(.*?)```", (installed / "docs" / "deploy.md").read_text("utf-8"), re.DOTALL)
    assert grants
    (name,) = re.findall(r"ON DATABASE (\w+) ", grants[1])
    place = admin.partition("@")[2].partition("/")[0]
    run(python, "-c", EXECUTE, admin, f"CREATE DATABASE {name}", cwd=installed)
    run(python, "-c", EXECUTE, f"{admin.rpartition('/')[0]}/{name}", *ROLES, grants[1], cwd=installed)
    migrator = f"postgresql://migrator:m@{place}/{name}"
    for words in (["upgrade", "head"], ["downgrade", "-1"], ["upgrade", "head"]):
        run(python, "-m", "alembic", *words, cwd=installed, DATABASE_URL=migrator)
    service = KEYS | {"DATABASE_URL": f"postgresql://service:s@{place}/{name}"}
    run(python, "-m", "scripts.seed", cwd=installed, **service)
    run(python, "-c", ADD_JOB, cwd=installed, **service)
    assert "queued" in run(python, "-m", "scripts.jobs", cwd=installed, **service)
