"""Fixtures of all tests: settings, users, an application without a database."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import chdir
from copy import copy
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck
from hypothesis import settings as generated

from app.container import Container
from app.core.config import Settings
from app.core.security import PasswordHasher, TokenSigner
from app.domain.models.user import User
from app.domain.roles import Role
from app.kit.http.state import AppState
from app.kit.parts import settings_classes
from app.main import create_app
from tests.people import PASSWORD as PASSWORD
from tests.people import ROW

# Argon2 at its minimum: hashing is slow on purpose. The settings refuse these values.
QUICK = {"ARGON2_MEMORY_KIB": 8, "ARGON2_PASSES": 1}
# Seconds. On a busy machine, 200 concurrent clients may wait long.
PATIENT = {
    "REQUEST_TIMEOUT": 120,
    "DB_CONNECT_TIMEOUT": 60,
    "DB_POOL_TIMEOUT": 60,
    "DB_STATEMENT_TIMEOUT": 60,
}
# Generated examples may be slow there, too.
generated.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
generated.load_profile("patient")
MakeSettings = Callable[..., Settings]
MakeUser = Callable[..., User]
Headers = dict[str, str]
SignIn = Callable[[User], Headers]


def pytest_pycollect_makeitem(obj: object) -> list[pytest.Item] | None:
    """Collect no imported class as a test, such as `class Testimonial`."""
    module = getattr(obj, "__module__", None) or ""
    imported = module.startswith(("app.", "tests.fakes.", "tests.slices."))
    return [] if imported else None


@pytest.fixture(scope="session", autouse=True)
def project_directory() -> Iterator[None]:
    """Run in the project's directory; an IDE starts in that of the test."""
    with chdir(Path(__file__).parents[1]):
        yield


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Remove the developer's settings from the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in settings_classes():
            for name in kind.model_fields:
                patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def make_settings() -> MakeSettings:
    """Return a factory of settings; a test passes the values that matter to it."""

    def make(**values: Any) -> Settings:
        defaults: dict[str, Any] = {
            "ENVIRONMENT": "test",
            "DEBUG": True,
            "DB_PASSWORD": token_hex(16),
            "JWT_SECRET_KEY": token_hex(32),
            "JWT_REFRESH_SECRET_KEY": token_hex(32),
            # Set if TEST_DATABASE_URL points to PgBouncer.
            "DB_PGBOUNCER": os.environ.get("TEST_PGBOUNCER", "false"),
            **PATIENT,
        }
        unknown = values.keys() - Settings.model_fields.keys()
        assert not unknown, f"Settings has no {', '.join(unknown)}"
        settings = Settings(_env_file=None, **defaults | values)
        quick = {name: QUICK[name] for name in QUICK.keys() - values.keys()}
        return settings.model_copy(update=quick)

    return make


@pytest.fixture(scope="session")
def settings(make_settings: MakeSettings) -> Settings:
    """Return settings for tests."""
    return make_settings()


@pytest.fixture(scope="session")
def hasher(settings: Settings) -> PasswordHasher:
    """Return the hasher of all tests."""
    return PasswordHasher(settings)


@pytest.fixture(scope="session")
async def password_hash(hasher: PasswordHasher) -> str:
    """Return the hash of PASSWORD."""
    return await hasher.hash_password(PASSWORD)


@pytest.fixture
def make_user(password_hash: str) -> MakeUser:
    """Return a factory of users that are not stored; their password is PASSWORD."""

    def make(**values: Any) -> User:
        defaults: dict[str, Any] = {
            "email": f"{token_hex(4)}@example.com",
            "role": Role.USER,
            "is_active": True,
            "token_version": 0,
            "password_hash": password_hash,
        }
        return User(**ROW | defaults | values)

    return make


@pytest.fixture(scope="session")
def built(settings: Settings) -> FastAPI:
    """Return the application, built once: that takes longer than most tests."""
    app = create_app(settings)
    app.middleware_stack = app.build_middleware_stack()
    return app


def with_state(built: FastAPI, settings: Settings) -> FastAPI:
    """Return the same application with its own state. Add no routes to it."""
    app = copy(built)
    app.state = AppState({"container": Container(settings)})
    return app


@pytest.fixture
def app(built: FastAPI, settings: Settings) -> FastAPI:
    """Return the application with a database that is not connected."""
    return with_state(built, settings)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Yield an unauthenticated client."""
    transport = ASGITransport(app=app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def sign_in(settings: Settings) -> SignIn:
    """Return a function that creates the headers of a signed-in user."""
    tokens = TokenSigner(settings)

    def make(user: User) -> Headers:
        token = tokens.create_access_token(user.id, user.role, user.token_version)
        return {"Authorization": f"Bearer {token}"}

    return make
