"""Subprocesses: the only module that starts programs."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.printable import quoted

# Variables for identity, connection and settings. All others (GIT_DIR and the like, set inside git hooks) would point
# our git and Copier's at another repository.
_KEPT_GIT = re.compile(
    r"GIT_(AUTHOR_(NAME|EMAIL)|COMMITTER_(NAME|EMAIL)|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)"
    r"|SSL_.*|SSH.*|ASKPASS|HTTP_.*|PROXY_.*|EXEC_PATH|ALLOW_PROTOCOL|DISCOVERY_ACROSS_FILESYSTEM)"
)
_MAY_BE_EMPTY = "GIT_CONFIG_VALUE_"

# For every git that we or Copier start: no hooks, watchers or signatures, which are for the user's own commits.
_GIT_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "log.showSignature": "false",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
# git prints this command in every language, with the path quoted for a shell.
_SAFE_DIRECTORY = re.compile(r"git config --global --add safe\.directory (.+)")

_OLDEST_GIT = (2, 31)
_OLDEST_UV = (0, 8)

# Seconds for a program to print its version
_PATIENCE = 10.0

# Ctrl-C, a supervisor's stop, a closed terminal; Windows lacks SIGHUP.
_INTERRUPTS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def clean_environment() -> None:
    """Remove variables that would misdirect git and uv from this process, and so from its children and Copier."""
    for name in list(os.environ):
        is_set = os.environ[name] or name.startswith(_MAY_BE_EMPTY)
        if name.startswith("GIT_") and not (_KEPT_GIT.fullmatch(name) and is_set):
            del os.environ[name]
    if not (count := os.environ.get("GIT_CONFIG_COUNT", "0")).isdecimal():
        raise BadInputError(f"GIT_CONFIG_COUNT is {count!r}, not a number.", hint="unset GIT_CONFIG_COUNT")
    # The project must not be installed into an active environment or one of another project.
    for name in ("VIRTUAL_ENV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIRECTORY"):
        os.environ.pop(name, None)
    os.environ["GIT_TERMINAL_PROMPT"] = "0"  # fail instead of waiting for a password


def git_environment(*, private: bool = False) -> dict[str, str]:
    """Return the environment variables that add our settings to git's.

    In a `private` repository no user setting applies, so that its content is the same on every machine.
    """
    first = 0 if private else int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    settings = _GIT_SETTINGS | ({"core.attributesFile": os.devnull} if private else {})
    variables = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (name, value) in enumerate(settings.items(), start=first):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    if private:
        variables |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1"}
        variables["GIT_NO_REPLACE_OBJECTS"] = "1"
    return variables


@contextmanager
def on_interrupt(act: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call `act` on an interrupt instead of ending; ignored signals (nohup) stay ignored."""
    heeded = [number for number in _INTERRUPTS if signal.getsignal(number) != signal.SIG_IGN]
    usual = {number: signal.signal(number, act) for number in heeded}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


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


def git(*args: str | Path, cwd: Path | None = None, **options: Any) -> str:
    """Run git and return its stripped output."""
    return run("git", *args, cwd=cwd, **options).decode(errors="replace").strip()


def require_git() -> None:
    """Raise BadInputError if git is missing or too old."""
    if shutil.which("git") is None:
        raise BadInputError("git is not on PATH.", hint="Install git, open a new terminal and try again.")
    version = git("version")
    if (0, 0) < _numbers(version) < _OLDEST_GIT:
        raise BadInputError(f"{version} is too old.", hint="Install git 2.31 or newer.")


def uv_on_path(where: Path) -> str | None:
    """Return the user's own uv if it is new enough and runs in a directory.

    Shims of version managers run in some directories only.
    """
    for command in filter(None, (os.environ.get("UV"), shutil.which("uv"))):
        with suppress(MkbackendError):
            version = run(command, "--version", cwd=where, timeout=_PATIENCE).decode(errors="replace")
            if _numbers(version) >= _OLDEST_UV:
                return command
    return None


def find_uv(where: Path) -> str:
    """Return the user's own uv, else the one bundled with mkbackend."""
    from uv import find_uv_bin

    try:
        return uv_on_path(where) or find_uv_bin()
    except FileNotFoundError as error:
        hint = "Reinstall mkbackend, or install uv: https://docs.astral.sh/uv/"
        raise MkbackendError("The uv bundled with mkbackend is missing.", hint) from error


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


def _numbers(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version, or (0, 0)."""
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _last_words(error: subprocess.CalledProcessError) -> str:
    printed = (error.stderr or error.stdout or b"").decode(errors="replace").strip().splitlines()
    output = " ".join(line.strip() for line in printed[-3:])
    return f"{Path(error.cmd[0]).name} failed ({error.returncode}): {output}"
