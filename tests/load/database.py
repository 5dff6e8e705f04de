"""A PostgreSQL that tests can query, stop, start and freeze."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from template.conftest import ENVIRONMENT, wait_for

KEEP = """
import json, sys
from dataclasses import asdict
from scripts.postgres import throwaway

with throwaway() as server:
    print(json.dumps(asdict(server)), flush=True)
    sys.stdin.read()
"""
# It stays until the server exits, to reap it: not every init process does.
START = """
import os, sys
from contextlib import suppress
from pathlib import Path
from scripts.postgres import find_binaries
from scripts.postgres.cluster import Cluster, adopt_orphans

adopt_orphans()
print(Cluster(Path(sys.argv[1]), *find_binaries()).start(int(sys.argv[2])), flush=True)
with suppress(ChildProcessError):
    while True:
        os.wait()
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
FREEZE = 'kill -STOP "$@"; read _; kill -CONT "$@"'


@dataclass(frozen=True)
class Database:
    """A PostgreSQL, and the project whose packages and scripts run it."""

    project: Path
    python: Path
    home: Path
    port: int
    url: str

    def ask(self, *statements: str) -> list[list[Any]]:
        """Run statements, each in its own transaction; return the rows of the last."""
        command = (self.python, "-c", ASK, self.url)
        return list(json.loads(_output(command, self.project, json.dumps(statements))))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Shut down and wait: SIGINT is a fast shutdown, SIGQUIT acts as a crash."""
        os.kill(self._postmaster(), how)
        assert wait_for(lambda: not self._note.exists(), 30), "PostgreSQL does not stop"

    def start(self) -> None:
        """Start again on the same port."""
        command = (self.python, "-c", START, self.home, str(self.port))
        starter = subprocess.Popen(command, cwd=self.project, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        assert starter.stdout
        assert starter.stdout.readline().strip() == str(self.port)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Suspend all processes of the server. They resume even if this process is killed: its pipe closes."""
        command = ("sh", "-c", FREEZE, "freeze", *map(str, self.processes()))
        with subprocess.Popen(command, stdin=subprocess.PIPE):
            yield

    def processes(self) -> list[int]:
        """Return the ids of all its processes, the postmaster's first."""
        return [self._postmaster(), *children(self._postmaster())]

    @property
    def _note(self) -> Path:
        return self.home / "data" / "postmaster.pid"

    def _postmaster(self) -> int:
        return int(self._note.read_text().splitlines()[0])


def _output(command: tuple[str | Path, ...], cwd: Path, given: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def children(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def database(project: Path, python: Path, scratch: Path) -> Iterator[Database]:
    """Run a migrated server; it stops with this process, even if that is killed."""
    with subprocess.Popen(
        (python, "-c", KEEP),
        cwd=project,
        env=ENVIRONMENT | {"TMPDIR": str(scratch)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as keeper:
        assert keeper.stdout
        server = json.loads(keeper.stdout.readline())
        address = f"{server['user']}:{server['password']}@{server['host']}:{server['port']}/{server['database']}"
        made = Database(project, python, Path(server["home"]), server["port"], f"postgresql://{address}")
        # Commits survive a crash, as with a server's usual settings.
        made.ask("ALTER SYSTEM SET synchronous_commit = 'on'", "SELECT pg_reload_conf()")
        migrate = (python.with_name("alembic"), "upgrade", "head")
        env = ENVIRONMENT | {"DATABASE_URL": made.url}
        subprocess.run(migrate, cwd=project, env=env, check=True, capture_output=True)
        yield made
