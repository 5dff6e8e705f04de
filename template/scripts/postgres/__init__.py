"""A PostgreSQL server that runs while it is used, for development and tests only.

Each process that uses a server has a keeper: a child process that starts the server,
then waits on a pipe. However the parent ends (even by SIGKILL), the pipe closes and the
keeper cleans up.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.postgres.binaries import PostgresError, find_binaries

__all__ = ["PostgresError", "Server", "find_binaries", "persistent", "throwaway"]


@dataclass(frozen=True)
class Server:
    """The address, the credentials and the data folder of a server."""

    host: str
    port: int
    user: str
    password: str
    database: str
    home: str


@contextmanager
def throwaway() -> Iterator[Server]:
    """Yield a new, empty server; remove it afterwards.

    Raises:
        PostgresError: no server can be started.
    """
    with _kept() as server:
        yield server


@contextmanager
def persistent(directory: Path) -> Iterator[Server]:
    """Yield the server with its data in this folder; its last user stops it.

    Raises:
        PostgresError: no server can be started.
    """
    with _kept(str(directory.resolve())) as server:
        yield server


@contextmanager
def _kept(*arguments: str) -> Iterator[Server]:
    keeper = subprocess.Popen(
        [sys.executable, "-m", "scripts.postgres.keeper", *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C reaches a terminal's whole group: the keeper is in another.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    with keeper:
        line = keeper.stdout.readline() if keeper.stdout else ""
        answer = json.loads(line or '{"error": "The PostgreSQL keeper exited."}')
        if "error" in answer:
            raise PostgresError(answer["error"])
        yield Server(**answer)
