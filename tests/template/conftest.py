"""Fixtures for the tests of the template: rendered and installed projects, and commands in them."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from combinations import FULL, OPTIONS, QUESTIONS, Answers

from mkbackend.project import migrations

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template"
Render = Callable[..., Path]

# code for generated projects
collect_ignore = ["owner", "library"]

hypothesis.settings.register_profile("of the template", max_examples=150 if FULL else 40)
hypothesis.settings.load_profile("of the template")

# Variables with locations on this machine. Others are removed: settings, virtual environments, databases.
_OF_THE_MACHINE = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LC_.*|TERM|SYSTEM.*|APPDATA|LOCALAPPDATA|USERPROFILE|COMSPEC|PATHEXT|TE?MP"
    r"|(PIP|XDG|PYENV)_.*|UV_(?!PROJECT|PYTHON$|WORKING).*|.*CERT.*|.*CA_BUNDLE|.*_PROXY",
    re.IGNORECASE,
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if _OF_THE_MACHINE.fullmatch(name)} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}


def _is_here(version: str) -> bool:
    """Return whether projects of this Python version can run; version managers read `.python-version`."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, ".python-version").write_text(version)
        ways = (["uv", "python", "find", version], [f"python{version}", "--version"])
        return any(
            subprocess.run(way, cwd=directory, env=ENVIRONMENT, capture_output=True, check=False).returncode == 0
            for way in ways
            if shutil.which(way[0])
        )


PYTHONS = [version for version in OPTIONS["python_version"] if _is_here(version)]
# The default project, or the closest one if its Python is not installed.
DEFAULT: Answers = {} if QUESTIONS["python_version"]["default"] in PYTHONS else {"python_version": PYTHONS[-1]}

_PYTHON = Path(".venv", "Scripts/python.exe" if os.name == "nt" else "bin/python")

SERVER = """
import sys
from scripts.postgres import throwaway

with throwaway() as server:
    print(f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def machine() -> None:
    """Keep the real home with its package caches; commands get `ENVIRONMENT`."""


@dataclass(frozen=True)
class Done:
    """The exit code and the output of a command."""

    code: int
    output: str


def start(*command: str | Path, cwd: Path, **env: str) -> subprocess.Popen[str]:
    """Start a command as in a new terminal, with these variables; it ends with this process."""
    return subprocess.Popen(
        [sys.executable, "-I", Path(__file__).with_name("leash.py"), *command],
        cwd=cwd,
        env=ENVIRONMENT | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )


def attempt(*command: str | Path, cwd: Path, **env: str) -> Done:
    """Run a command that may fail; return its exit code and output."""
    with start(*command, cwd=cwd, **env) as process:
        assert process.stdout
        output = process.stdout.read()
        return Done(process.wait(), output)


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """Run a command that must not fail; return its output."""
    done = attempt(*command, cwd=cwd, **env)
    if done.code:
        output = "\n".join(done.output.splitlines()[-80:])
        pytest.fail(f"{' '.join(map(str, command))} ended with {done.code}:\n{output}", pytrace=False)
    return done.output


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """Yield a directory readable by every account, as root's PostgreSQL needs; require that no process remains."""
    directory = Path(tempfile.mkdtemp(prefix="mkbackend-tests-")).resolve()
    directory.chmod(0o755)
    yield directory
    assert wait_for(lambda: not left_in(directory)), left_in(directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="session", autouse=True)
def caches(scratch: Path) -> None:
    """Let all commands share bytecode and what mypy knows, outside the trees of projects: mypy compares contents."""
    ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(scratch / "bytecode")
    ENVIRONMENT["MYPY_CACHE_DIR"] = str(scratch / "mypy")


def left_in(directory: Path) -> list[str]:
    """Return the processes that use a directory, and the temporary clusters in it."""
    processes = subprocess.run(("ps", "-eo", "args="), capture_output=True, text=True, check=True).stdout.splitlines()
    working = [line for line in processes if str(directory) in line]
    return working + [str(path) for path in directory.rglob("postgres-*/data")]


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until a condition is true; return its last result."""
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return met


def make(project: Path, *words: str, **env: str) -> str:
    """Run `make WORDS` in a project, with temporary files beside it."""
    beside = {"TMPDIR": str(project.parent), "PRE_COMMIT_HOME": str(project.parent / "pre-commit")}
    return run("make", *words, cwd=project, **beside, **env)


def add_files(source: Path, project: Path) -> None:
    """Add an owner's files to a project; each migration follows the head."""
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        target = project / path.relative_to(source)
        assert not target.exists()
        target.parent.mkdir(exist_ok=True)
        (head,) = migrations.heads(migrations.read(project))
        target.write_text(path.read_text(encoding="utf-8").replace("$HEAD", head), encoding="utf-8")


# Not part of a copy of a project
LEFT = shutil.ignore_patterns(".venv", ".git", ".pgdata", ".pytest_cache")


def copy(project: Path, place: Path) -> Path:
    """Copy a project; the copy shares its environment and the bytecode of that."""
    shutil.copytree(project, place, ignore=LEFT)
    (place / ".venv").symlink_to((project / ".venv").resolve())
    known, new = bytecode_of(project), bytecode_of(place)
    (known / ".venv").mkdir(parents=True, exist_ok=True)
    shutil.copytree(known, new, ignore=shutil.ignore_patterns(".venv"), dirs_exist_ok=True)
    if not (new / ".venv").exists():
        (new / ".venv").symlink_to((known / ".venv").resolve())
    return place


def bytecode_of(project: Path) -> Path:
    """Return the directory with the bytecode of a project."""
    return Path(ENVIRONMENT["PYTHONPYCACHEPREFIX"]) / project.relative_to(project.anchor)


def commit(project: Path) -> None:
    """Commit all files of a project; create its repository if missing."""
    for words in (("init", "-q"), ("add", "--all"), ("commit", "-q", "--no-verify", "--allow-empty", "-m", "step")):
        run("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *words, cwd=project)


@pytest.fixture(scope="session")
def installed(render: Render, scratch: Path) -> Path:
    """Return the default project, installed; do not change it."""
    project = scratch / "installed"
    shutil.copytree(render(**DEFAULT), project)
    make(project, "install")
    run(project / _PYTHON, "-c", "import app.main", cwd=project)  # `mkbackend doctor` writes no bytecode
    return project


@pytest.fixture(scope="session")
def python(installed: Path) -> Path:
    """Return a Python with the template's dependencies."""
    return installed / _PYTHON


@pytest.fixture(scope="session")
def server(installed: Path, python: Path, scratch: Path) -> Iterator[str]:
    """Yield the URL of a PostgreSQL started by the template's scripts; it ends with this process."""
    with subprocess.Popen(
        [python, "-c", SERVER],
        cwd=installed,
        env=ENVIRONMENT | {"TMPDIR": str(scratch)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()


@pytest.fixture(scope="module")
def on_one_server(server: str) -> Iterator[None]:
    """Let the tests of all projects of a module use one PostgreSQL, as in a pipeline, instead of one for each run."""
    ENVIRONMENT["TEST_DATABASE_URL"] = server
    yield
    del ENVIRONMENT["TEST_DATABASE_URL"]


_TYPED = ["app", "scripts", "tests", "alembic"]


def checks(config: Path) -> dict[str, list[str | Path]]:
    """Return the commands of `make lint` with a given configuration and no cache in the project."""
    return {
        "ruff check": ["ruff", "check", "--no-cache", "--config", config],
        "ruff format": ["ruff", "format", "--check", "--no-cache", "--config", config],
        "mypy": ["mypy", "--strict", "--config-file", config, *_TYPED],
        "import-linter": ["lint-imports", "--no-cache", "--config", config],
        "bandit": ["bandit", "--quiet", "--configfile", config, "--recursive", "app", "scripts"],
    }


CHECKS = list(checks(Path()))


@pytest.fixture(scope="session")
def check(python: Path) -> Callable[[str, Path, Path], None]:
    """Return a function that runs one of `CHECKS` in a directory with a project's configuration."""

    def check(name: str, directory: Path, config: Path) -> None:
        program, *arguments = checks(config)[name]
        run(python.with_name(str(program)), *arguments, cwd=directory)

    return check
