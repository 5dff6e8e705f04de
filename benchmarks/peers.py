"""Services of other generators, created by their own commands with users and JWT, and run with their defaults.

Each has its own environment, and its own database with as many users on the same server.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from benchmarks.contestants import users_at
from benchmarks.load import Request
from benchmarks.processes import BenchError, run
from benchmarks.servers import GET, LIST, PATCH, Operation, Plan
from benchmarks.stage import EMAIL, Stage

PASSWORD = "a quiet harbour"  # noqa: S105  # of a database that exists for this run only
KEY = "a key of thirty-two characters or more"


@dataclass(frozen=True)
class Peer:
    """A service of another generator. Its command or settings contain {port}."""

    package: str
    version: str
    make: tuple[str, ...]
    home: str
    env: Callable[[SplitResult], dict[str, str]]
    command: tuple[str, ...]
    # Python statements that define `hash`, a function of a password
    hashing: str
    # SQL with {email} and {hash} that returns the ids of the users, the admin's first
    fill: str
    login: str
    operations: dict[str, Operation]


def _env_of_template(database: SplitResult) -> dict[str, str]:
    return {
        "PEER_PORT": "{port}",
        "PEER_RELOAD": "false",
        "PEER_DB_HOST": str(database.hostname),
        "PEER_DB_PORT": str(database.port),
        "PEER_DB_USER": str(database.username),
        "PEER_DB_PASS": str(database.password),
        "PEER_DB_BASE": database.path[1:],
        "USERS_SECRET": KEY,
    }


def _change_email(user: str, name: str) -> Request:
    email = f"{user}-{name.replace(' ', '-')}@example.com".lower()
    return Request("PATCH", f"/api/users/{user}", json={"email": email})


# By s3rius. It lists no users, and of a user only the e-mail is free text. Not JWT alone: that does not start, as its
# routes import the cookies too.
TEMPLATE = Peer(
    package="fastapi-template",
    version="6.1.2",
    make=(
        *("fastapi_template", "--name", "peer", "--quiet", "--api-type", "rest", "--db", "postgresql"),
        *("--orm", "sqlalchemy", "--migrations", "--add_users", "--cookie-auth", "--jwt-auth", "--ci", "none"),
    ),
    home="peer",
    env=_env_of_template,
    command=("python", "-m", "peer"),
    hashing="from fastapi_users.password import PasswordHelper; hash = PasswordHelper().hash",
    fill="""
        INSERT INTO "user" (id, email, hashed_password, is_active, is_superuser, is_verified)
        SELECT gen_random_uuid(), CASE i WHEN 0 THEN '{email}' ELSE 'user' || i || '@example.com' END, '{hash}',
            true, i = 0, true
        FROM generate_series(0, 1000) AS i
        RETURNING id
    """,
    login="/api/auth/jwt/login",
    operations={GET: users_at("/api/users")[GET], PATCH: _change_email},
)


def _env_of_fullstack(database: SplitResult) -> dict[str, str]:
    return {
        "ENVIRONMENT": "production",
        "SECRET_KEY": KEY,
        "API_KEY": KEY,
        "POSTGRES_HOST": str(database.hostname),
        "POSTGRES_PORT": str(database.port),
        "POSTGRES_USER": str(database.username),
        "POSTGRES_PASSWORD": str(database.password),
        "POSTGRES_DB": database.path[1:],
    }


# Without pages, AI and tracing, which mkbackend's service does not have either.
FULLSTACK = Peer(
    package="fastapi-fullstack",
    version="0.2.21",
    make=(
        *("fastapi-fullstack", "create", "peer", "--database", "postgresql", "--orm", "sqlalchemy"),
        *("--frontend", "none", "--ai-framework", "none", "--ci", "none", "--no-docker", "--no-logfire"),
    ),
    home="peer/backend",
    env=_env_of_fullstack,
    command=("peer", "server", "run", "--host", "127.0.0.1", "--port", "{port}"),
    hashing="from app.core.security import get_password_hash as hash",
    fill="""
        INSERT INTO users (id, email, hashed_password, full_name, is_active, role, is_app_admin)
        SELECT gen_random_uuid(), CASE i WHEN 0 THEN '{email}' ELSE 'user' || i || '@example.com' END, '{hash}',
            'Grace Hopper ' || i, true, CASE i WHEN 0 THEN 'admin' ELSE 'user' END, i = 0
        FROM generate_series(0, 1000) AS i
        RETURNING id
    """,
    login="/api/v1/auth/login",
    operations=users_at("/api/v1/users") | {LIST: lambda *_: Request("GET", "/api/v1/users?size=20")},
)


def peers(stage: Stage, place: Path) -> Iterator[Plan | str]:
    """Yield the plan of each peer, or the reason why it is missing."""
    for peer in (TEMPLATE, FULLSTACK):
        try:
            yield _prepare(peer, stage, place / peer.package)
        except BenchError as error:
            yield f"{peer.package} {peer.version}: {' '.join(str(error).split())}"


def _prepare(peer: Peer, stage: Stage, home: Path) -> Plan:
    """Create a peer, install its production dependencies, migrate, and fill its table of users."""
    home.mkdir()
    python = {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    run("uvx", "--from", f"{peer.package}=={peer.version}", *peer.make, cwd=home, **python)
    project, programs = home / peer.home, home / peer.home / ".venv" / "bin"
    run("uv", "sync", "--no-dev", cwd=project, **python)
    url = stage.new_database(peer.package.replace("-", "_"))
    env = peer.env(urlsplit(url))
    now = {name: value.format(port=0) for name, value in env.items()}
    run(programs / "alembic", "upgrade", "head", cwd=project, **now)
    hashed = run(programs / "python", "-c", f"{peer.hashing}; print(hash({PASSWORD!r}))", cwd=project, **now).strip()
    _, *users = [user for (user,) in stage.ask(peer.fill.format(email=EMAIL, hash=hashed), url=url)]
    command: list[str | Path] = [programs / peer.command[0], *peer.command[1:]]
    login = Request("POST", peer.login, form={"username": EMAIL, "password": PASSWORD})
    return Plan(peer.package, command, project, env, peer.operations, users, login)
