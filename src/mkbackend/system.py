"""Other programs: the only place that starts one."""

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

# Of git's variables these say who, how to connect, how far to look, and what is set. All others (GIT_DIR and the like,
# set inside git's own hooks) would point our commands, and Copier's, at another repository.
_KEPT_GIT = re.compile(
    r"GIT_(AUTHOR_(NAME|EMAIL)|COMMITTER_(NAME|EMAIL)|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)"
    r"|SSL_.*|SSH.*|ASKPASS|HTTP_.*|PROXY_.*|EXEC_PATH|ALLOW_PROTOCOL|DISCOVERY_ACROSS_FILESYSTEM)"
)
_MAY_BE_EMPTY = "GIT_CONFIG_VALUE_"

# For every git that we or Copier start: hooks, watchers and signatures are for the user's own work.
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
# git names its fix in every language; the path in it is quoted for a shell.
_SAFE_DIRECTORY = re.compile(r"git config --global --add safe\.directory (.+)")

_OLDEST_GIT = (2, 31)
_OLDEST_UV = (0, 8)

# Seconds for a program to name its version
_PATIENCE = 10.0

# What ends a run politely, as far as this system has it: Ctrl-C, a supervisor, a terminal that is closed.
_INTERRUPTS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def clean_environment() -> None:
    """Take out of this process's environment what would misdirect git and uv; children and Copier inherit it."""
    for name in list(os.environ):
        is_set = os.environ[name] or name.startswith(_MAY_BE_EMPTY)
        if name.startswith("GIT_") and not (_KEPT_GIT.fullmatch(name) and is_set):
            del os.environ[name]
    if not (count := os.environ.get("GIT_CONFIG_COUNT", "0")).isdecimal():
        raise BadInputError(f"GIT_CONFIG_COUNT is {count!r}, and not a number.", hint="unset GIT_CONFIG_COUNT")
    # An active environment, or one set for another project, is not where this project belongs.
    for name in ("VIRTUAL_ENV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIRECTORY"):
        os.environ.pop(name, None)
    os.environ["GIT_TERMINAL_PROMPT"] = "0"  # a template that wants a password is an error, not a hang


def git_environment(*, private: bool = False) -> dict[str, str]:
    """Return the variables for git that add our settings to those of the environment.

    In a `private` repository, no setting of the user applies: what it holds is the same on every machine.
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
    """Do something else than ending when an interrupt arrives; what is ignored (nohup) stays ignored."""
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
    """Run a program to its end and return what it printed; never lets it read the terminal.

    What runs `apart` is out of reach of a Ctrl-C in the terminal.
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


def said(*command: str | Path, cwd: Path) -> tuple[int, str]:
    """Run a program that may fail; return its exit code and all that it printed."""
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
    """Run git and return what it printed, stripped."""
    return run("git", *args, cwd=cwd, **options).decode(errors="replace").strip()


def require_git() -> None:
    """Refuse early where there is no git: the template comes out of it, and the project goes into it."""
    if shutil.which("git") is None:
        raise BadInputError("git is missing.", hint="Install git, open a new terminal and try again.")
    version = git("version")
    if (0, 0) < _numbers(version) < _OLDEST_GIT:
        raise BadInputError(f"{version} is too old.", hint="Install git 2.31 or newer.")


def uv_on_path(where: Path) -> str | None:
    """Return the user's own uv, if it runs in a directory and is new enough.

    Version managers leave commands behind that run in some directories only.
    """
    for command in filter(None, (os.environ.get("UV"), shutil.which("uv"))):
        with suppress(MkbackendError):
            version = run(command, "--version", cwd=where, timeout=_PATIENCE).decode(errors="replace")
            if _numbers(version) >= _OLDEST_UV:
                return command
    return None


def find_uv(where: Path) -> str:
    """Return the user's own uv, else the one that is installed with mkbackend."""
    from uv import find_uv_bin

    try:
        return uv_on_path(where) or find_uv_bin()
    except FileNotFoundError as error:
        hint = "Install mkbackend again, or uv: https://docs.astral.sh/uv/"
        raise MkbackendError("The uv that is installed with mkbackend is missing.", hint) from error


def typed(*command: str | Path) -> str:
    """Return a command as a person would type it."""
    words = [str(word) for word in command]
    if os.name == "nt":
        return subprocess.list2cmdline(words)
    return " ".join(quoted(word) or shlex.quote(word) for word in words)


def _environment(program: str | Path, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a program; only git gets our settings, and not what make or uv starts."""
    return {**os.environ, **(git_environment() if program == "git" else {}), **(env or {})}


def _failure(error: subprocess.CalledProcessError) -> MkbackendError:
    """Return the error for a program that failed; BadInputError where git does not trust a repository's owner."""
    if fix := _SAFE_DIRECTORY.search((error.stderr or b"").decode(errors="replace")):
        message = f"{fix[1]} belongs to another user, so git does nothing in it."
        return BadInputError(message, hint=f"If you trust it: {fix[0]}")
    return MkbackendError(_last_words(error), hint=typed(*error.cmd))


def _numbers(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version; (0, 0) where there are none."""
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _last_words(error: subprocess.CalledProcessError) -> str:
    printed = (error.stderr or error.stdout or b"").decode(errors="replace").strip().splitlines()
    said = " ".join(line.strip() for line in printed[-3:])
    return f"{Path(error.cmd[0]).name} failed ({error.returncode}): {said}"
