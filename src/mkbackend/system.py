"""Other programs: the only place that starts one."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from mkbackend.errors import BadInputError, MkbackendError

# Of git's variables these say who, how to connect, and where the settings are. All others (GIT_DIR and the like,
# set inside git's own hooks) would point our commands, and Copier's, at another repository.
_KEPT_GIT = re.compile(
    r"GIT_(AUTHOR_(NAME|EMAIL)|COMMITTER_(NAME|EMAIL)|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)"
    r"|SSL_.*|SSH.*|ASKPASS|HTTP_.*|PROXY_.*|EXEC_PATH|ALLOW_PROTOCOL)"
)

_OLDEST_GIT = (2, 31)

# What ends a run politely, as far as this system has it: Ctrl-C, a supervisor, a terminal that is closed.
_INTERRUPTS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def clean_environment() -> None:
    """Take out of this process's environment what would misdirect git and uv; children and Copier inherit it."""
    for name in list(os.environ):
        if name.startswith("GIT_") and not (_KEPT_GIT.fullmatch(name) and os.environ[name]):
            del os.environ[name]
    # An active environment, or one set for another project, is not where this project belongs.
    for name in ("VIRTUAL_ENV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIRECTORY"):
        os.environ.pop(name, None)
    os.environ["GIT_TERMINAL_PROMPT"] = "0"  # a template that wants a password is an error, not a hang


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
            env={**os.environ, **env} if env else None,
        )
    except subprocess.CalledProcessError as error:
        raise MkbackendError(_last_words(error), hint=typed(*command)) from error
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
    numbers = re.search(r"(\d+)\.(\d+)", version)
    if numbers and (int(numbers[1]), int(numbers[2])) < _OLDEST_GIT:
        raise BadInputError(f"{version} is too old.", hint="Install git 2.31 or newer.")


def typed(*command: str | Path) -> str:
    """Return a command as a person would type it."""
    words = [str(word) for word in command]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _last_words(error: subprocess.CalledProcessError) -> str:
    printed = (error.stderr or error.stdout or b"").decode(errors="replace").strip().splitlines()
    said = " ".join(line.strip() for line in printed[-3:])
    return f"{Path(error.cmd[0]).name} failed ({error.returncode}): {said}"
