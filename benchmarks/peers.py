"""Other generators' services: made by their own commands with users and JWT, and run as they ship.

Each gets an environment and a database of its own, on the same server, with as many users.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.contestants import users_at
from benchmarks.load import Request
from benchmarks.processes import BenchError, run
from benchmarks.servers import GET, LIST, PATCH, Plan
from benchmarks.stage import EMAIL, Stage

VERSIONS = {"fastapi-template": "6.1.2", "fastapi-fullstack": "0.2.21"}
PASSWORD = "a quiet harbour"  # noqa: S105  # of a database that lives for this run
SECRET = "a key of thirty-two characters or more"  # noqa: S105  # as above
# The table, then the hash of PASSWORD: an admin, and the users
_USERS_OF_TEMPLATE = """
    INSERT INTO "user" (id, email, hashed_password, is_active, is_superuser, is_verified)
    SELECT gen_random_uuid(), CASE i WHEN 0 THEN '{email}' ELSE 'user' || i || '@example.com' END, '{hash}',
        true, i = 0, true
    FROM generate_series(0, 1000) AS i
"""
_USERS_OF_FULLSTACK = """
    INSERT INTO users (id, email, hashed_password, full_name, is_active, role, is_app_admin)
    SELECT gen_random_uuid(), CASE i WHEN 0 THEN '{email}' ELSE 'user' || i || '@example.com' END, '{hash}',
        'Grace Hopper ' || i, true, CASE i WHEN 0 THEN 'admin' ELSE 'user' END, i = 0
    FROM generate_series(0, 1000) AS i
"""


def peers(stage: Stage, place: Path) -> Iterator[Plan | str]:
    """Give each peer, or say why it is not here."""
    for name, make in _PEERS.items():
        home = place / name
        home.mkdir()
        try:
            yield make(stage, home)
        except BenchError as error:
            yield f"{name} {VERSIONS[name]}: {error}"


def _template(stage: Stage, home: Path) -> Plan:
    """fastapi-template by s3rius. It lists no users, and of a user only the e-mail is free text.

    JWT alone would not start: its routes import the cookies too.
    """
    kind = ("--api-type", "rest", "--db", "postgresql", "--orm", "sqlalchemy", "--migrations")
    users = ("--add_users", "--cookie-auth", "--jwt-auth", "--ci", "none", "--quiet")
    _generate("fastapi-template", home, "fastapi_template", "--name", "peer", *kind, *users)
    python, url = _install(home / "peer"), stage.new_database("fastapi_template")
    at = urlsplit(url)
    env = {
        "PEER_RELOAD": "false",
        "PEER_DB_HOST": str(at.hostname),
        "PEER_DB_PORT": str(at.port),
        "PEER_DB_USER": str(at.username),
        "PEER_DB_PASS": str(at.password),
        "PEER_DB_BASE": "fastapi_template",
        "PEER_PORT": "{port}",
        "USERS_SECRET": SECRET,
    }
    run(python, "-m", "alembic", "upgrade", "head", cwd=home / "peer", **env | {"PEER_PORT": "0"})
    hashed = run(
        python,
        "-c",
        f"from fastapi_users.password import PasswordHelper as P; print(P().hash({PASSWORD!r}))",
        cwd=home / "peer",
    )
    stage.ask(_USERS_OF_TEMPLATE.format(email=EMAIL, hash=hashed.strip()), url=url)
    rows = stage.ask("""SELECT id FROM "user" WHERE NOT is_superuser""", url=url)
    return Plan(
        "fastapi-template",
        (python, "-m", "peer"),
        home / "peer",
        env,
        {GET: users_at("/api/users")[GET], PATCH: _change_email},
        [user for (user,) in rows],
        Request("POST", "/api/auth/jwt/login", form={"username": EMAIL, "password": PASSWORD}),
    )


def _change_email(user: str, name: str) -> Request:
    email = f"{user}-{name.replace(' ', '-')}@example.com"
    return Request("PATCH", f"/api/users/{user}", json={"email": email.lower()})


def _fullstack(stage: Stage, home: Path) -> Plan:
    """fastapi-fullstack, without what would look outside: no pages, no AI, no tracing."""
    what = ("--database", "postgresql", "--orm", "sqlalchemy", "--frontend", "none", "--ai-framework", "none")
    less = ("--ci", "none", "--no-docker", "--no-logfire")
    _generate("fastapi-fullstack", home, "fastapi-fullstack", "create", "peer", *what, *less)
    project = home / "peer" / "backend"
    python, url = _install(project), stage.new_database("fastapi_fullstack")
    at = urlsplit(url)
    env = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": SECRET,
        "API_KEY": SECRET,
        "POSTGRES_HOST": str(at.hostname),
        "POSTGRES_PORT": str(at.port),
        "POSTGRES_USER": str(at.username),
        "POSTGRES_PASSWORD": str(at.password),
        "POSTGRES_DB": "fastapi_fullstack",
    }
    run(python, "-m", "alembic", "upgrade", "head", cwd=project, **env)
    hashed = run(
        python,
        "-c",
        f"from app.core.security import get_password_hash as h; print(h({PASSWORD!r}))",
        cwd=project,
        **env,
    )
    stage.ask(_USERS_OF_FULLSTACK.format(email=EMAIL, hash=hashed.strip()), url=url)
    rows = stage.ask("SELECT id FROM users WHERE role = 'user'", url=url)
    operations = users_at("/api/v1/users") | {LIST: lambda *_: Request("GET", "/api/v1/users?size=20")}
    return Plan(
        "fastapi-fullstack",
        (python.with_name("peer"), "server", "run", "--host", "127.0.0.1", "--port", "{port}"),
        project,
        env,
        operations,
        [user for (user,) in rows],
        Request("POST", "/api/v1/auth/login", form={"username": EMAIL, "password": PASSWORD}),
    )


_PEERS: dict[str, Callable[[Stage, Path], Plan]] = {"fastapi-template": _template, "fastapi-fullstack": _fullstack}


def _generate(package: str, home: Path, *command: str) -> None:
    asked = f"{package}=={VERSIONS[package]}"
    run("uvx", "--from", asked, *command, cwd=home, UV_PYTHON=sys.executable, UV_PYTHON_DOWNLOADS="never")


def _install(project: Path) -> Path:
    """Install what its production image would have; return its Python."""
    run("uv", "sync", "--no-dev", cwd=project, UV_PYTHON=sys.executable, UV_PYTHON_DOWNLOADS="never")
    return project / ".venv" / "bin" / "python"
