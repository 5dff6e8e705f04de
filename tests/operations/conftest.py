"""Fixtures for the drill: a service with a user and a picture, its backup, and the services restored from it."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from load.database import Database, database
from load.service import Service, service
from template.conftest import caches, copy, installed, machine, python, run, scratch
from template.guides import Command, steps

__all__ = ["caches", "installed", "machine", "python", "scratch"]

PAGE = "docs/deploy.md"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
USER = {"email": "grace@example.com", "password": "a quiet harbour", "full_name": "Grace Hopper"}
FIND = "import json; from scripts.postgres import find_binaries; print(json.dumps(str(find_binaries()[0])))"


@dataclass(frozen=True)
class Backup:
    """The files of a backup, in the directory of the project, and what they were made of."""

    source: Database
    path: str

    def follow(self, program: str, url: str, uploads: Path) -> str:
        """Run the block of the page that has a line of this program; return its output."""
        (block,) = [
            step.text
            for step in steps(self.source.project / PAGE)
            if isinstance(step, Command) and f"\n{program} " in f"\n{step.text}"
        ]
        return self.run(block, url, uploads)

    def run(self, command: str, url: str, uploads: Path) -> str:
        """Run a command of bash in the project's environment, with PostgreSQL's programs."""
        settings = {"DATABASE_URL": url, "UPLOAD_DIR": str(uploads), "PATH": self.path, "ENVIRONMENT": "test"}
        return run("bash", "-euo", "pipefail", "-c", command, cwd=self.source.project, **settings)


@dataclass(frozen=True)
class Restored:
    """A restored database with its pictures, and the output of the restore."""

    backup: Backup
    output: str
    # The database as the service's role sees it
    database: Database
    # The address with the rights to migrate
    migrating: str
    uploads: Path


@pytest.fixture(scope="session")
def backup(installed: Path, python: Path, scratch: Path) -> Iterator[Backup]:
    """Yield a backup of a service that ran while it was made."""
    project = copy(installed, scratch / "backed-up")
    programs = json.loads(run(python, "-c", FIND, cwd=project))
    path = os.pathsep.join((programs, str(project / ".venv/bin"), os.environ["PATH"]))
    # The jobs stay in the queue.
    with database(project, python, scratch) as source, service(source, scratch, JOBS_IN_API="false") as running:
        made = Backup(source, path)
        _fill(running)
        made.follow("pg_dump", source.url, running.uploads)
        yield made


def _fill(running: Service) -> None:
    with running.client() as client:
        client.post("/auth/register", json=USER).raise_for_status()
        sign_in(client)
        client.put("/users/me/picture", content=PICTURE, headers={"Content-Type": "image/png"}).raise_for_status()


def sign_in(client: httpx.Client) -> None:
    """Sign in as the user of the backup."""
    answer = client.post("/auth/login", data={"username": USER["email"], "password": USER["password"]})
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"


@pytest.fixture(scope="session", params=["owner", "roles"])
def restored(request: pytest.FixtureRequest, backup: Backup, scratch: Path) -> Restored:
    """Restore into a new database, as the role that owns it, or with the roles of the page."""
    server, uploads = backup.source, scratch / f"uploads-{request.param}"
    place = server.url.rpartition("@")[2].partition("/")[0]
    if request.param == "owner":
        server.ask("CREATE ROLE keeper LOGIN PASSWORD 'k'", "CREATE DATABASE kept OWNER keeper")
        migrating = serving = f"postgresql://keeper:k@{place}/kept"
    else:
        (grants,) = re.findall(r"```sql\n(.*?)```", (server.project / PAGE).read_text("utf-8"), re.DOTALL)
        name = re.findall(r"ON DATABASE (\w+) ", grants)[0]
        roles = (f"CREATE ROLE {role} LOGIN PASSWORD 'r'" for role in ("migrator", "service"))
        server.ask(*roles, f"CREATE DATABASE {name}")
        replace(server, url=f"{server.url.rpartition('/')[0]}/{name}").ask(*grants.split(";")[:-1])
        migrating, serving = (f"postgresql://{role}:r@{place}/{name}" for role in ("migrator", "service"))
    output = backup.follow("pg_restore", migrating, uploads)
    return Restored(backup, output, replace(server, url=serving), migrating, uploads)
