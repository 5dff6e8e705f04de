"""Other programs: started, watched and ended."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEASH = ROOT / "tests" / "template" / "leash.py"
TICKS = os.sysconf("SC_CLK_TCK")
# What would lead a command to another project, another database or another package than it is meant for.
_MISLEADING = re.compile(r"VIRTUAL_ENV|UV_PYTHON|UV_PROJECT.*|GIT_.*|PYTHON.*|DATABASE_URL|DB_.*|JWT_.*|POSTGRES_.*")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not _MISLEADING.fullmatch(name)}


class BenchError(Exception):
    """Something cannot be measured; the message says why, and what to do."""


def run(*command: str | Path, cwd: Path, given: str = "", **env: str) -> str:
    """Run a command that must not fail; return what it printed."""
    words = [str(word) for word in command]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, cwd=cwd, env=ENVIRONMENT | env, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            said, wrong = process.communicate(given)
        except BaseException:
            # All that it started ends too: nobody would wait for it.
            os.killpg(process.pid, signal.SIGTERM)
            raise
    if process.returncode:
        last = "\n".join((said + wrong).splitlines()[-20:])
        raise BenchError(f"{' '.join(words[:8])} ended with {process.returncode}:\n{last}")
    return said


@contextmanager
def started(*command: str | Path, cwd: Path, log: Path, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside us, which writes to a log; it ends with the block, and with us however we end."""
    with (
        log.open("wb") as file,
        subprocess.Popen(
            (sys.executable, "-I", LEASH, *command),
            cwd=cwd,
            env=ENVIRONMENT | env,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
        ) as leash,
    ):
        yield leash


def tree(pid: int) -> list[int]:
    """Return the numbers of a process and of all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(number for child in children for number in tree(int(child)))]


def cpu_seconds(pid: int) -> float:
    """Return how long a process and all that it started have worked: utime and stime, theirs and their dead's."""
    stats = [Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2].split() for number in tree(pid)]
    return sum(int(ticks) for stat in stats for ticks in stat[11:15]) / TICKS


def free_port() -> int:
    """Return a port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait until a condition holds; tell whether it does."""
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return met
