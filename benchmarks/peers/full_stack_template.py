"""full-stack-fastapi-template by FastAPI's author: the most used, cloned and configured by its environment."""

from urllib.parse import SplitResult

from benchmarks.contestants import PASSWORD, health_at, register_at, users_at
from benchmarks.load import Request
from benchmarks.peers.peer import KEY, Peer
from benchmarks.servers import LIST
from benchmarks.stage import EMAIL

VERSION = "0.10.0"
SOURCE = "https://github.com/fastapi/full-stack-fastapi-template"
# Its migrations need the extension uuid-ossp, which the PostgreSQL of a wheel lacks. They lead to these tables.
TABLES = "from app.core.db import engine; from app.models import SQLModel; SQLModel.metadata.create_all(engine)"


def _env(database: SplitResult) -> dict[str, str]:
    return {
        "ENVIRONMENT": "production",
        "PROJECT_NAME": "peer",
        "SECRET_KEY": KEY,
        "FIRST_SUPERUSER": EMAIL,
        "FIRST_SUPERUSER_PASSWORD": PASSWORD,
        "POSTGRES_SERVER": str(database.hostname),
        "POSTGRES_PORT": str(database.port),
        "POSTGRES_USER": str(database.username),
        "POSTGRES_PASSWORD": str(database.password),
        "POSTGRES_DB": database.path[1:],
    }


# The last release for Python 3.12 and 3.13, with the packages of its lock and one worker in place of four.
OFFICIAL = Peer(
    name="full-stack-fastapi-template",
    version=VERSION,
    make=("git", "clone", "--quiet", "--depth", "1", "--branch", VERSION, SOURCE, "peer"),
    home="peer/backend",
    env=_env,
    command=("fastapi", "run", "--host", "127.0.0.1", "--port", "{port}", "app/main.py"),
    hashing="from app.core.security import get_password_hash as hash",
    fill="""
        INSERT INTO "user" (id, email, hashed_password, full_name, is_active, is_superuser, created_at)
        SELECT gen_random_uuid(), CASE i WHEN 0 THEN '{email}' ELSE 'user' || i || '@example.com' END, '{hash}',
            'Grace Hopper ' || i, true, i = 0, timestamptz '2026-01-01' - i * interval '1 hour'
        FROM generate_series(0, 1000) AS i
        RETURNING id
    """,
    login="/api/v1/login/access-token",
    operations=(
        users_at("/api/v1/users")
        | {LIST: lambda *_: Request("GET", "/api/v1/users/?skip=0&limit=20")}
        | health_at("/api/v1/utils/health-check/")
    ),
    sign_up=register_at("/api/v1/users/signup"),
    install=("uv", "sync", "--no-dev", "--frozen"),
    environment="../.venv",
    migrate=("python", "-c", TABLES),
)
