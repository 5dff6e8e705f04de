"""Subprocesses: the only module that starts programs."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryFile
from threading import Thread
from time import monotonic
from typing import IO, Any

from mkbackend.errors import BadInputError, MkbackendError, without_passwords
from mkbackend.system.environment import git_environment
from mkbackend.system.printable import quoted

# Seconds for a program to print a line
PATIENCE = 10.0
# git prints this command in every language, with the path quoted for a shell.
_SAFE_DIRECTORY = re.compile(r"git config --global --add safe\.directory (.+)")

type Report = Callable[[str], None]
_report: ContextVar[Report | None] = ContextVar("report", default=None)


@contextmanager
def reporting(report: Report) -> Iterator[None]:
    """Report each command that runs meanwhile, and what it prints to stderr, line by line and without passwords."""
    token = _report.set(lambda line: report(without_passwords(line)))
    try:
        yield
    finally:
        _report.reset(token)


def report_line(line: str) -> None:
    """Report a line if the output of programs is shown."""
    if report := _report.get():
        report(line)


def is_reporting() -> bool:
    """Return whether the output of programs is shown, so that they should print it."""
    return _report.get() is not None


def run(
    *command: str | Path,
    cwd: Path | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    apart: bool = False,
) -> bytes:
    """Run a program without terminal input and return its stdout.

    A program that runs `apart` does not receive a Ctrl-C in the terminal.
    """
    options: dict[str, Any] = {"cwd": cwd, "start_new_session": apart, "env": _environment(command[0], env)}
    try:
        if report := _report.get():
            return _reported(command, stdin, timeout, report, **options)
        return _completed(command, input=stdin, capture_output=True, timeout=timeout, **options)
    except subprocess.CalledProcessError as error:
        raise _failure(error) from error
    except subprocess.TimeoutExpired as error:
        message = f"{Path(command[0]).name} did not finish in {timeout:.0f} seconds"
        raise MkbackendError(message, hint=typed(*command)) from error


def output_of(*command: str | Path, cwd: Path, report: Report | None = None) -> tuple[int, str]:
    """Run a program that may fail, report each line that it prints; return its exit code and output.

    Without `report` only the command is reported: the output may be the content of a file.
    """
    report_line(f"$ {typed(*command)}")
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with _started(command, cwd=cwd, env=_environment(command[0]), **streams) as process:
        printed = _lines(process.stdout, None, report)
    return process.returncode, printed.decode(errors="replace")


def _completed(command: tuple[str | Path, ...], **options: Any) -> bytes:
    """Run a program; return its stdout."""
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(command, check=True, **options)
    except OSError as error:
        raise _not_started(command, error) from error
    return done.stdout


def _reported(
    command: tuple[str | Path, ...], stdin: bytes, timeout: float | None, report: Report, **options: Any
) -> bytes:
    """Run a program and report what it prints to stderr at once; return its stdout."""
    report(f"$ {typed(*command)}")
    with TemporaryFile() as given, TemporaryFile() as output:
        given.write(stdin)
        given.seek(0)
        with _started(command, stdin=given, stdout=output, stderr=subprocess.PIPE, **options) as process:
            try:
                errors = _lines(process.stderr, timeout, report)
            except Empty as error:
                raise subprocess.TimeoutExpired(command, timeout or 0) from error
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, printed, errors)
    return printed


@contextmanager
def _started(command: tuple[str | Path, ...], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, and wait for its end; kill it on an error."""
    try:
        process = subprocess.Popen(command, bufsize=0, **options)
    except OSError as error:
        raise _not_started(command, error) from error
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _lines(stream: IO[bytes] | None, timeout: float | None, report: Report | None) -> bytes:
    """Read a stream to its end, and report each of its lines; raise queue.Empty after the timeout.

    A thread reads, because a killed program may leave a child that keeps the stream open.
    """
    end = monotonic() + timeout if timeout else None
    queue: Queue[bytes] = Queue()
    Thread(target=_fill, args=(stream, queue), daemon=True).start()
    lines = []
    while line := queue.get(timeout=max(end - monotonic(), 0) if end else None):
        lines.append(line)
        if report:
            report(line.decode(errors="replace").rstrip())
    return b"".join(lines)


def _fill(stream: IO[bytes], queue: "Queue[bytes]") -> None:
    """Put the lines of a stream into a queue, and at its end an empty one."""
    with suppress(OSError, ValueError):  # it is closed after a timeout
        for line in stream:
            queue.put(line)
    queue.put(b"")


def _not_started(command: tuple[str | Path, ...], error: OSError) -> MkbackendError:
    return MkbackendError(f"Cannot run {command[0]}: {error.strerror}", hint=typed(*command))


def answer(*command: str | Path, cwd: Path) -> str:
    """Return what a program prints, stripped; empty if it is missing, fails or takes too long."""
    try:
        return run(*command, cwd=cwd, timeout=PATIENCE).decode(errors="replace").strip()
    except MkbackendError:
        return ""


def typed(*command: str | Path) -> str:
    """Return a command quoted for the shell."""
    words = [str(word) for word in command]
    if os.name == "nt":
        return subprocess.list2cmdline(words)
    return " ".join(quoted(word) or shlex.quote(word) for word in words)


def _environment(program: str | Path, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a program; only git itself gets our settings, not the git of make or uv."""
    return {**os.environ, **(git_environment() if program == "git" else {}), **(env or {})}


def _failure(error: subprocess.CalledProcessError) -> MkbackendError:
    """Return the error for a failed program; a BadInputError if git does not trust the repository's owner."""
    if fix := _SAFE_DIRECTORY.search((error.stderr or b"").decode(errors="replace")):
        message = f"{fix[1]} belongs to another user, so git refuses to use it."
        return BadInputError(message, hint=f"If you trust it: {fix[0]}")
    return MkbackendError(_last_words(error), hint=typed(*error.cmd))


def _last_words(error: subprocess.CalledProcessError) -> str:
    printed = (error.stderr or error.stdout or b"").decode(errors="replace").strip().splitlines()
    output = " ".join(line.strip() for line in printed[-3:])
    return f"{Path(error.cmd[0]).name} failed ({error.returncode}): {output}"


def version_in(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version, or (0, 0)."""
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
