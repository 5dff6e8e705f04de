"""Instruction counts: Valgrind's callgrind around the process of a service, switched on while it answers."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Client, Connection
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from benchmarks.driver import Answer, Call
from benchmarks.processes import ROOT, BenchError, run, started, tree

PROGRAMS = ("valgrind", "vgdb")
# Seconds for one list of requests, and for a command to callgrind, on a busy machine
PATIENCE = 600


@dataclass(frozen=True)
class CountedService:
    """A service under callgrind, and the connection to the client in its process."""

    pid: int
    place: Path
    client: "Connection[Any, Any]"
    # callgrind numbers its dumps
    dumps: Iterator[int]

    def send(self, calls: Sequence[Call]) -> list[Answer]:
        """Send requests that are not counted; each must succeed."""
        self._prepare(calls)
        return self._go()

    def count(self, calls: Sequence[Call]) -> float:
        """Return the instructions of one request, the mean of these."""
        self._prepare(calls)
        self._callgrind("instrumentation", "on")
        self._go()
        self._callgrind("instrumentation", "off")
        self._callgrind("dump")
        # Thread 1 has the event loop; passwords are hashed in others.
        dump = self.place / f"dump.{next(self.dumps)}-01"
        return _total(dump.read_text("utf-8")) / len(calls)

    def _prepare(self, calls: Sequence[Call]) -> None:
        self.client.send(calls)
        self._receive()

    def _go(self) -> list[Answer]:
        self.client.send("go")
        answers: list[Answer] = self._receive()
        if refused := [answer for answer in answers if not 200 <= answer[0] < 300]:
            status, body = refused[0]
            raise BenchError(f"A request was answered {status}: {body.decode(errors='replace')[:500]}")
        return answers

    def _receive(self) -> Any:
        try:
            if self.client.poll(PATIENCE):
                return self.client.recv()
        except (EOFError, ConnectionError) as error:
            raise BenchError(f"The service ended:\n{_end_of(self.place / 'log')}") from error
        raise BenchError(f"No answer for {PATIENCE} s:\n{_end_of(self.place / 'log')}")

    def _callgrind(self, *words: str) -> None:
        """Send a command to callgrind, which interrupts the process where it is blocked."""
        command = ("vgdb", f"--pid={self.pid}", f"--vgdb-prefix={self.place / 'vgdb'}", *words)
        try:
            subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise BenchError("vgdb does not reach callgrind. In a container it needs the right to ptrace.") from error
        except subprocess.CalledProcessError as error:
            raise BenchError(f"{' '.join(command)} ended with {error.returncode}: {error.stderr}") from error


def missing_programs() -> list[str]:
    """Return the names of the programs that counting needs and that are not installed."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def version() -> str:
    """Return the version of Valgrind."""
    return run("valgrind", "--version", cwd=ROOT).strip().removeprefix("valgrind-")


@contextmanager
def counted(python: Path, app: str, project: Path, place: Path, env: Mapping[str, str]) -> Iterator[CountedService]:
    """Run an application of a project under callgrind, which does not count yet."""
    place.mkdir()
    socket, log = place / "socket", place / "log"
    valgrind = (
        *("valgrind", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes"),
        *(f"--callgrind-out-file={place / 'dump'}", f"--vgdb-prefix={place / 'vgdb'}"),
    )
    driver = (python, "-m", "benchmarks.driver", app, socket)
    # Hashes of strings and addresses of objects decide where a dict looks first.
    fixed = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    with started(*_at_fixed_addresses(), *valgrind, *driver, cwd=project, log=log, **env, **fixed) as leash:
        if (client := _connect(socket, leash)) is None:
            raise BenchError(f"The service does not start under valgrind:\n{_end_of(log)}")
        with client:
            yield CountedService(tree(leash.pid)[1], place, client, count(1))


def _connect(socket: Path, process: subprocess.Popen[bytes]) -> "Connection[Any, Any] | None":
    """Connect as soon as somebody listens; return None where the process ends first, or is too slow."""
    end = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < end:
        # The file of a socket is there a moment before its owner listens.
        with suppress(FileNotFoundError, ConnectionRefusedError):
            return Client(str(socket))
        sleep(0.05)
    return None


def _at_fixed_addresses() -> tuple[str, ...]:
    """Return the command before a command that switches address randomization off, where that is allowed."""
    command = ("setarch", "-R")
    allowed = shutil.which("setarch") and not subprocess.run((*command, "true"), check=False).returncode
    return command if allowed else ()


def _total(dump: str) -> int:
    """Read the number of instructions from a dump of callgrind."""
    if not (found := re.search(r"^totals: (\d+)$", dump, re.MULTILINE)):
        raise BenchError("callgrind's dump has no line `totals: NUMBER`.")
    return int(found[1])


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:]
