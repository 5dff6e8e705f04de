"""fastapi-fullstack."""

from urllib.parse import SplitResult

from benchmarks.contestants import health_at, register_at, users_at
from benchmarks.load import Request
from benchmarks.peers.peer import KEY, Peer, by_uvx
from benchmarks.servers import LIST

NAME, VERSION = "fastapi-fullstack", "0.2.21"


def _env(database: SplitResult) -> dict[str, str]:
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
    name=NAME,
    version=VERSION,
    make=by_uvx(
        NAME,
        VERSION,
        *("fastapi-fullstack", "create", "peer", "--database", "postgresql", "--orm", "sqlalchemy"),
        *("--frontend", "none", "--ai-framework", "none", "--ci", "none", "--no-docker", "--no-logfire"),
    ),
    home="peer/backend",
    env=_env,
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
    operations=(
        users_at("/api/v1/users")
        | {LIST: lambda *_: Request("GET", "/api/v1/users?size=20")}
        | health_at("/api/v1/health")
    ),
    sign_up=register_at("/api/v1/auth/register"),
)
