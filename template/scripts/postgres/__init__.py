"""A PostgreSQL server for as long as it is used. For development and tests only.

Each user of a server has a keeper: a child process that starts it, then waits at a
pipe. However the user ends (SIGKILL too), the pipe ends with it, and the keeper
clears up.
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
    """Where a server answers, who may enter, and the folder of its data."""

    host: str
    port: int
    user: str
    password: str
    database: str
    home: str


@contextmanager
def throwaway() -> Iterator[Server]:
    """Give an empty server of one's own; nothing of it is left afterwards.

    Raises:
        PostgresError: there is none to be had.
    """
    with _kept() as server:
        yield server


@contextmanager
def persistent(directory: Path) -> Iterator[Server]:
    """Give the server with its data in this folder; it ends with its last user.

    Raises:
        PostgresError: there is none to be had.
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
        answer = json.loads(line or '{"error": "The keeper of PostgreSQL died."}')
        if "error" in answer:
            raise PostgresError(answer["error"])
        yield Server(**answer)
