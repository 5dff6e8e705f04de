"""fastapi-template by s3rius."""

from urllib.parse import SplitResult

from benchmarks.contestants import health_at, register_at, users_at
from benchmarks.load import Request
from benchmarks.peers.peer import KEY, Peer, by_uvx
from benchmarks.servers import GET, PATCH

NAME, VERSION = "fastapi-template", "6.1.2"


def _env(database: SplitResult) -> dict[str, str]:
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


# It lists no users, and of a user only the e-mail is free text. Not JWT alone: that does not start, as its
# routes import the cookies too.
TEMPLATE = Peer(
    name=NAME,
    version=VERSION,
    make=by_uvx(
        NAME,
        VERSION,
        *("fastapi_template", "--name", "peer", "--quiet", "--api-type", "rest", "--db", "postgresql"),
        *("--orm", "sqlalchemy", "--migrations", "--add_users", "--cookie-auth", "--jwt-auth", "--ci", "none"),
    ),
    home="peer",
    env=_env,
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
    operations={GET: users_at("/api/users")[GET], PATCH: _change_email} | health_at("/api/health"),
    sign_up=register_at("/api/auth/register"),
)
