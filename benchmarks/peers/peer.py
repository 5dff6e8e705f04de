"""A service of another generator: how it is created, filled and run."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from benchmarks.contestants import PASSWORD
from benchmarks.load import Request
from benchmarks.processes import run
from benchmarks.servers import Operation, Plan
from benchmarks.stage import EMAIL, Stage

KEY = "a key of thirty-two characters or more"


@dataclass(frozen=True)
class Peer:
    """A service of another generator. Its command or settings contain {port}."""

    name: str
    version: str
    # The command that creates it, in an empty folder, and its own folder there
    make: tuple[str, ...]
    home: str
    env: Callable[[SplitResult], dict[str, str]]
    command: tuple[str, ...]
    # Python statements that define `hash`, a function of a password
    hashing: str
    # SQL with {email} and {hash} that returns the ids of the users, the admin's first
    fill: str
    login: str
    operations: Mapping[str, Operation]
    sign_up: Callable[[str], Request] | None = None
    # The command that installs the production dependencies, and the environment that it makes
    install: tuple[str, ...] = ("uv", "sync", "--no-dev")
    environment: str = ".venv"
    # The command in this environment that creates the tables
    migrate: tuple[str, ...] = ("alembic", "upgrade", "head")


def by_uvx(package: str, version: str, *command: str) -> tuple[str, ...]:
    """Return a command of a package, which uv installs for it."""
    return ("uvx", "--from", f"{package}=={version}", *command)


def prepare(peer: Peer, stage: Stage, place: Path) -> Plan:
    """Create a peer, install its production dependencies, migrate, and fill its table of users."""
    place.mkdir()
    python = {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    run(*peer.make, cwd=place, **python)
    project = place / peer.home
    programs = (project / peer.environment / "bin").resolve()
    run(*peer.install, cwd=project, **python)
    url = stage.new_database(peer.name.replace("-", "_"))
    env = peer.env(urlsplit(url))
    now = {name: value.format(port=0) for name, value in env.items()}
    run(programs / peer.migrate[0], *peer.migrate[1:], cwd=project, **now)
    hashed = run(programs / "python", "-c", f"{peer.hashing}; print(hash({PASSWORD!r}))", cwd=project, **now).strip()
    _, *users = [user for (user,) in stage.ask(peer.fill.format(email=EMAIL, hash=hashed), url=url)]
    command: list[str | Path] = [programs / peer.command[0], *peer.command[1:]]
    login = Request("POST", peer.login, form={"username": EMAIL, "password": PASSWORD})
    return Plan(peer.name, command, project, env, peer.operations, users, login, peer.sign_up)
