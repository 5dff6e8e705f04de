"""Instruction counts of a service: Valgrind's callgrind, switched on while the service answers."""

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
# Timeouts in seconds, for a busy machine: of one list of requests, and of a command to callgrind
PATIENCE = 600


@dataclass(frozen=True)
class CountedService:
    """A service under callgrind, with the connection to the client in its process."""

    pid: int
    place: Path
    client: "Connection[Any, Any]"
    # the number of callgrind's last dump
    dumps: Iterator[int]

    def send(self, calls: Sequence[Call]) -> list[Answer]:
        """Send requests without counting; each must succeed."""
        self._prepare(calls)
        return self._go()

    def count(self, calls: Sequence[Call]) -> float:
        """Return the mean number of instructions for one of these requests."""
        self._prepare(calls)
        self._callgrind("instrumentation", "on")
        self._go()
        self._callgrind("instrumentation", "off")
        self._callgrind("dump")
        # Thread 1 runs the event loop; other threads hash passwords.
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
        """Send a command to callgrind, which interrupts the blocked process."""
        command = ("vgdb", f"--pid={self.pid}", f"--vgdb-prefix={self.place / 'vgdb'}", *words)
        try:
            subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise BenchError("vgdb does not reach callgrind. In a container it needs the right to ptrace.") from error
        except subprocess.CalledProcessError as error:
            raise BenchError(f"{' '.join(command)} ended with {error.returncode}: {error.stderr}") from error


def missing_programs() -> list[str]:
    """Return the required programs that are not installed."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def version() -> str:
    """Return the version of Valgrind."""
    return run("valgrind", "--version", cwd=ROOT).strip().removeprefix("valgrind-")


@contextmanager
def counted(
    python: Path, app: str, project: Path, place: Path, env: Mapping[str, str], seed: int = 0
) -> Iterator[CountedService]:
    """Run a project's application under callgrind, with counting switched off.

    The seed decides Python's hashes of strings: the same seed repeats a count, another one draws other collisions.
    """
    place.mkdir()
    socket, log = place / "socket", place / "log"
    valgrind = (
        *("valgrind", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes"),
        *(f"--callgrind-out-file={place / 'dump'}", f"--vgdb-prefix={place / 'vgdb'}"),
    )
    driver = (python, "-m", "benchmarks.driver", app, socket)
    # Hashes of strings and addresses of objects determine the collisions in dicts.
    fixed = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed)}
    with started(*_at_fixed_addresses(), *valgrind, *driver, cwd=project, log=log, **env, **fixed) as leash:
        if (client := _connect(socket, leash)) is None:
            raise BenchError(f"The service does not start under valgrind:\n{_end_of(log)}")
        with client:
            yield CountedService(tree(leash.pid)[1], place, client, count(1))


def _connect(socket: Path, process: subprocess.Popen[bytes]) -> "Connection[Any, Any] | None":
    """Connect as soon as the service listens; return None if it exits first or is too slow."""
    end = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < end:
        # The socket's file appears a moment before the service listens.
        with suppress(FileNotFoundError, ConnectionRefusedError):
            return Client(str(socket))
        sleep(0.05)
    return None


def _at_fixed_addresses() -> tuple[str, ...]:
    """Return the prefix of a command that disables address randomisation, where that is allowed."""
    command = ("setarch", "-R")
    allowed = shutil.which("setarch") and not subprocess.run((*command, "true"), check=False).returncode
    return command if allowed else ()


def _total(dump: str) -> int:
    """Return the number of instructions in a dump of callgrind."""
    if not (found := re.search(r"^totals: (\d+)$", dump, re.MULTILINE)):
        raise BenchError("callgrind's dump has no line `totals: NUMBER`.")
    return int(found[1])


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:]
