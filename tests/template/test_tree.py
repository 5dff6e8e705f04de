"""Tests that every file and name of the specification exists, or is absent for a reason."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Render, run

FILES = """
app/__init__.py app/main.py
app/core/__init__.py app/core/config.py app/core/database.py app/core/logging.py app/core/exceptions.py
app/core/security.py
app/domain/__init__.py app/domain/models/__init__.py app/domain/models/base.py app/domain/models/user.py
app/domain/schemas/__init__.py app/domain/schemas/base.py app/domain/schemas/user.py app/domain/schemas/common.py
app/repository/__init__.py app/repository/base.py app/repository/user_repository.py
app/service/__init__.py app/service/user_service.py
app/api/__init__.py app/api/deps.py
app/api/v1/__init__.py app/api/v1/router.py app/api/v1/user_router.py app/api/v1/health_router.py
app/middleware/__init__.py app/middleware/cors.py app/middleware/logging.py app/middleware/request_id.py
app/middleware/error_handler.py
app/utils/__init__.py app/utils/pagination.py app/utils/response.py
alembic/versions alembic/env.py alembic/script.py.mako
tests/__init__.py tests/conftest.py tests/unit/__init__.py tests/unit/test_user_service.py
tests/integration/__init__.py tests/integration/test_user_api.py
docker/Dockerfile docker/docker-compose.yml
scripts/seed.py
pyproject.toml alembic.ini Makefile .env.example .gitignore README.md project-structure.md
"""

# The specification's classes and functions, at their current paths.
NAMES = {
    "app/main.py": "lifespan create_app",
    "app/core/config.py": "Settings get_settings",
    "app/core/database.py": "DatabaseManager DatabaseManager.connect DatabaseManager.disconnect"
    " DatabaseManager.transaction",  # was get_session: the code that opens a session commits it
    "app/core/logging.py": "setup_logging",
    "app/core/exceptions.py": "AppException NotFoundException BadRequestException UnauthorizedException"
    " ForbiddenException ConflictException",
    # Functions with global secrets became methods of classes that receive them.
    "app/core/security.py": "PasswordHasher.hash_password PasswordHasher.verify_password"
    " TokenSigner.create_access_token TokenSigner.create_refresh_token"
    " TokenSigner.decode_access_token TokenSigner.decode_refresh_token",
    "app/domain/models/base.py": "Base BaseModel BaseModel.id BaseModel.created_at BaseModel.updated_at"
    " BaseModel.deleted_at BaseModel.is_deleted",
    "app/domain/models/user.py": "User User.__tablename__ User.email User.password_hash User.full_name User.role"
    " User.is_active User.__repr__",
    "app/domain/schemas/base.py": "BaseSchema TimestampSchema TimestampSchema.created_at TimestampSchema.updated_at"
    " IDSchema IDSchema.id",
    "app/domain/schemas/user.py": "UserCreate UserUpdate UserResponse UserListResponse",
    "app/domain/schemas/common.py": "PaginationParams MessageResponse ErrorResponse",
    "app/repository/base.py": "BaseRepository BaseRepository.get_by_id BaseRepository.get_all BaseRepository.create"
    " BaseRepository.update_by_id BaseRepository.soft_delete BaseRepository.hard_delete",
    "app/repository/user_repository.py": "UserRepository UserRepository.get_by_email UserRepository.get_users"
    " UserRepository.email_exists",
    "app/service/user_service.py": "UserService UserService.create_user UserService.get_user UserService.list_users"
    " UserService.update_user UserService.delete_user",
    "app/api/deps.py": "get_db",
    "app/api/v1/user_deps.py": "get_user_repository get_user_service",  # a slice has its own dependencies
    "app/api/v1/health_router.py": "health_check",
    "app/api/v1/user_router.py": "create_user list_users get_user update_user delete_user",
    "app/api/v1/router.py": "api_v1_router",
    "app/middleware/cors.py": "setup_cors",
    "app/middleware/request_id.py": "RequestIDMiddleware",
    "app/middleware/logging.py": "RequestLoggingMiddleware",
    "app/middleware/error_handler.py": "setup_error_handlers",
    "alembic/env.py": "run_migrations_offline run_migrations_online",
}

SETTINGS = """
PROJECT_NAME PROJECT_DESCRIPTION VERSION DEBUG ENVIRONMENT API_V1_PREFIX
HOST PORT WORKERS RELOAD
DB_HOST DB_PORT DB_USER DB_PASSWORD DB_NAME DB_ECHO DB_POOL_SIZE DB_MAX_OVERFLOW DB_POOL_TIMEOUT DATABASE_URL
JWT_SECRET_KEY JWT_REFRESH_SECRET_KEY JWT_ALGORITHM JWT_ACCESS_TOKEN_EXPIRE_MINUTES JWT_REFRESH_TOKEN_EXPIRE_DAYS
CORS_ORIGINS CORS_ALLOW_CREDENTIALS CORS_ALLOW_METHODS CORS_ALLOW_HEADERS
LOG_LEVEL LOG_FORMAT UPLOAD_DIR MAX_UPLOAD_SIZE
"""

# Names of the specification that are absent, with the reason.
ABSENT = {
    "DATABASE_URL_SYNC": "there is no synchronous driver: Alembic migrates through the service's own engine",
    "settings": "state at import: create_app reads the settings once, and they are on app.state",
    "database_manager": "state at import: create_app makes it, and it is on app.state",
    "pwd_context": "passlib is unmaintained and fails with today's bcrypt",
}

ENDPOINTS = [
    ("get", "/api/v1/health"),
    ("post", "/api/v1/users"),
    ("get", "/api/v1/users"),
    ("get", "/api/v1/users/{user_id}"),
    ("patch", "/api/v1/users/{user_id}"),
    ("delete", "/api/v1/users/{user_id}"),
    ("post", "/api/v1/auth/login"),
    ("post", "/api/v1/auth/refresh"),
]

FIELDS = {
    "UserCreate": "email password full_name role",
    "UserUpdate": "full_name role is_active",
    "UserResponse": "id email full_name role is_active created_at updated_at",
    "UserListResponse": "items total page limit total_pages",
    "MessageResponse": "message success",
    "ErrorResponse": "message detail status_code",
}

TARGETS = """
help install dev test lint format migrate-up migrate-down migrate-create migrate-history seed
docker-up docker-down docker-build clean
"""


@pytest.mark.parametrize("name", FILES.split())
def test_the_file_exists(name: str, render: Render) -> None:
    assert (render() / name).exists()


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, names in NAMES.items() for name in names.split()])
def test_the_name_exists(file: str, name: str, render: Render) -> None:
    assert name in defined(ast.parse((render() / file).read_text("utf-8")))


@pytest.mark.parametrize("name", SETTINGS.split())
def test_the_setting_exists(name: str, render: Render) -> None:
    known = set[str]()
    for file in ("config.py", "settings/database.py"):
        known |= defined(ast.parse((render() / "app/core" / file).read_text("utf-8")))
    assert known & {f"Settings.{name}", f"DatabaseSettings.{name}"}


@pytest.mark.parametrize("name", ABSENT)
def test_an_absent_name_is_nowhere(name: str, render: Render) -> None:
    for path in (render() / "app").rglob("*.py"):
        known = defined(ast.parse(path.read_text("utf-8")))
        assert name not in known, path


@pytest.fixture(scope="module")
def openapi(installed: Path, python: Path) -> dict[str, Any]:
    code = "import json; from app.main import create_app; print(json.dumps(create_app().openapi()))"
    description: dict[str, Any] = json.loads(run(python, "-c", code, cwd=installed))
    return description


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_the_endpoint_exists(method: str, path: str, openapi: dict[str, Any]) -> None:
    assert method in openapi["paths"][path]


@pytest.mark.parametrize(
    ("schema", "name"), [(schema, name) for schema, names in FIELDS.items() for name in names.split()]
)
def test_the_field_exists(schema: str, name: str, openapi: dict[str, Any]) -> None:
    assert name in openapi["components"]["schemas"][schema]["properties"]


@pytest.mark.parametrize("name", ["page", "limit", "search", "sort_by", "sort_order"])
def test_the_list_parameter_exists(name: str, openapi: dict[str, Any]) -> None:
    assert name in [parameter["name"] for parameter in openapi["paths"]["/api/v1/users"]["get"]["parameters"]]


@pytest.mark.parametrize("role", ["admin", "user", "moderator"])
def test_the_role_exists(role: str, openapi: dict[str, Any]) -> None:
    assert role in openapi["components"]["schemas"]["Role"]["enum"]


@pytest.mark.parametrize("target", TARGETS.split())
def test_the_make_target_exists_and_is_explained(target: str, render: Render) -> None:
    assert re.search(rf"^{target}:.* ## \w", (render() / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("service", ["app", "postgres"])
def test_the_compose_service_exists(service: str, render: Render) -> None:
    compose = yaml.safe_load((render() / "docker/docker-compose.yml").read_text("utf-8"))
    assert service in compose["services"]


def defined(tree: ast.AST, owner: str = "") -> set[str]:
    """Return the names of a module and its classes: `Class`, `Class.member`, `function`, `variable`."""
    names = set()
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.ClassDef(name=name):
                names |= {owner + name} | defined(node, f"{owner}{name}.")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(owner + name)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                names.add(owner + name)
    return names
