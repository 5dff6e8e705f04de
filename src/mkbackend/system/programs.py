"""Subprocesses: the only module that starts programs."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Timer
from typing import IO, Any

from mkbackend.errors import BadInputError, MkbackendError
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
    """Report each command that runs meanwhile, and what it prints to stderr, line by line."""
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


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
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            command, input=stdin, capture_output=True, check=True, timeout=timeout, **options
        )
    except subprocess.CalledProcessError as error:
        raise _failure(error) from error
    except subprocess.TimeoutExpired as error:
        message = f"{Path(command[0]).name} did not finish in {timeout:.0f} seconds"
        raise MkbackendError(message, hint=typed(*command)) from error
    except OSError as error:
        message = f"Cannot run {command[0]}: {error.strerror}"
        raise MkbackendError(message, hint=typed(*command)) from error
    return done.stdout


def output_of(*command: str | Path, cwd: Path, report: Report | None = None) -> tuple[int, str]:
    """Run a program that may fail, report each line that it prints; return its exit code and output."""
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    reports = [each for each in (report, _report.get()) if each]
    with _process(command, cwd=cwd, env=_environment(command[0]), **streams) as process:
        printed = _lines(process.stdout, *reports)
    return process.returncode, printed.decode(errors="replace")


def _reported(
    command: tuple[str | Path, ...], stdin: bytes, timeout: float | None, report: Report, **options: Any
) -> bytes:
    """Run a program and report what it prints to stderr at once; return its stdout."""
    report(f"$ {typed(*command)}")
    with TemporaryFile() as given, TemporaryFile() as output:
        given.write(stdin)
        given.seek(0)
        with _process(command, timeout, stdin=given, stdout=output, stderr=subprocess.PIPE, **options) as process:
            errors = _lines(process.stderr, report)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, printed, errors)
    return printed


@contextmanager
def _process(
    command: tuple[str | Path, ...], timeout: float | None = None, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, and wait for its end; kill it on an error or after the timeout."""
    with subprocess.Popen(command, **options) as process:
        expired = Event()

        def expire() -> None:
            expired.set()
            process.kill()

        timer = Timer(timeout or 0, expire)
        try:
            if timeout:
                timer.start()
            yield process
            process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
    if timeout and expired.is_set():
        raise subprocess.TimeoutExpired(command, timeout)


def _lines(stream: IO[bytes] | None, *reports: Report) -> bytes:
    """Read a stream to its end, and report each of its lines."""
    lines = []
    for line in stream or ():
        lines.append(line)
        for report in reports:
            report(line.decode(errors="replace").rstrip())
    return b"".join(lines)


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
