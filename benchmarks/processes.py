"""Child processes: start, measure and stop."""

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
# Variables that would point a command to another project, database or package.
_MISLEADING = re.compile(r"VIRTUAL_ENV|UV_PYTHON|UV_PROJECT.*|GIT_.*|PYTHON.*|DATABASE_URL|DB_.*|JWT_.*|POSTGRES_.*")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not _MISLEADING.fullmatch(name)}


class BenchError(Exception):
    """A measurement is not possible; the message names the cause and the fix."""


def run(*command: str | Path, cwd: Path, given: str = "", **env: str) -> str:
    """Run a command that must not fail; return its output."""
    words = [str(word) for word in command]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, cwd=cwd, env=ENVIRONMENT | env, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            said, wrong = process.communicate(given)
        except BaseException:
            # Stop its children too: nobody would wait for them.
            os.killpg(process.pid, signal.SIGTERM)
            raise
    if process.returncode:
        last = "\n".join((said + wrong).splitlines()[-20:])
        raise BenchError(f"{' '.join(words[:8])} ended with {process.returncode}:\n{last}")
    return said


@contextmanager
def started(*command: str | Path, cwd: Path, log: Path, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in the background, with its output in a log; it ends with the block, or with this process."""
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
    """Return the ids of a process and of its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(number for child in children for number in tree(int(child)))]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time (utime and stime) of a process and its descendants, exited ones included."""
    stats = [Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2].split() for number in tree(pid)]
    return sum(int(ticks) for stat in stats for ticks in stat[11:15]) / TICKS


def seconds_since_start(pid: int) -> float:
    """Return how long ago a process started."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / TICKS


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait until a condition holds; return whether it does."""
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return met
