"""Subprocesses: the only module that starts programs."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.system.environment import git_environment
from mkbackend.system.printable import quoted

# Seconds for a program to print a line
PATIENCE = 10.0
# git prints this command in every language, with the path quoted for a shell.
_SAFE_DIRECTORY = re.compile(r"git config --global --add safe\.directory (.+)")


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
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            input=stdin,
            capture_output=True,
            check=True,
            timeout=timeout,
            start_new_session=apart,
            env=_environment(command[0], env),
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


def output_of(*command: str | Path, cwd: Path) -> tuple[int, str]:
    """Run a program that may fail; return its exit code and output."""
    done = subprocess.run(
        command,
        cwd=cwd,
        check=False,
        env=_environment(command[0]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, done.stdout.decode(errors="replace")


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
