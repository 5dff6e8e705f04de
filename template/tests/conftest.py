"""Fixtures for all tests: settings, users, an application without a database."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from copy import copy
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

# Hashing is slow on purpose: this is the least that Argon2 does, and the settings
# would refuse it.
QUICK = {"ARGON2_MEMORY_KIB": 8, "ARGON2_PASSES": 1}
# Seconds: on a busy machine 200 callers at once may wait long, which is no failure.
PATIENT = {
    "REQUEST_TIMEOUT": 120,
    "DB_CONNECT_TIMEOUT": 60,
    "DB_POOL_TIMEOUT": 60,
    "DB_STATEMENT_TIMEOUT": 60,
}
# Nor is it one where an example of generated input takes long.
generated.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
generated.load_profile("patient")
MakeSettings = Callable[..., Settings]
MakeUser = Callable[..., User]
Headers = dict[str, str]
SignIn = Callable[[User], Headers]


def pytest_pycollect_makeitem(obj: object) -> list[pytest.Item] | None:
    """Take nothing that tests import for a test: `class Testimonial` is none."""
    module = getattr(obj, "__module__", None) or ""
    imported = module.startswith(("app.", "tests.fakes.", "tests.slices."))
    return [] if imported else None


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """The settings of whoever runs the tests do not reach them."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in settings_classes():
            for name in kind.model_fields:
                patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def make_settings() -> MakeSettings:
    """Make settings for tests; what matters to a test is given by name."""

    def make(**values: Any) -> Settings:
        defaults: dict[str, Any] = {
            "ENVIRONMENT": "test",
            "DEBUG": True,
            "DB_PASSWORD": token_hex(16),
            "JWT_SECRET_KEY": token_hex(32),
            "JWT_REFRESH_SECRET_KEY": token_hex(32),
            # Where TEST_DATABASE_URL leads to a PgBouncer.
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
    """Settings for tests."""
    return make_settings()


@pytest.fixture(scope="session")
def hasher(settings: Settings) -> PasswordHasher:
    """One for all tests."""
    return PasswordHasher(settings)


@pytest.fixture(scope="session")
async def password_hash(hasher: PasswordHasher) -> str:
    """The hash of PASSWORD."""
    return await hasher.hash_password(PASSWORD)


@pytest.fixture
def make_user(password_hash: str) -> MakeUser:
    """Make a user who is not stored yet, whose password is PASSWORD."""

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
    """The application with its routes, which take longer to build than most tests."""
    app = create_app(settings)
    app.middleware_stack = app.build_middleware_stack()
    return app


def with_state(built: FastAPI, settings: Settings) -> FastAPI:
    """The same routes and middleware, with a state of its own. Add no routes to it."""
    app = copy(built)
    app.state = AppState({"container": Container(settings)})
    return app


@pytest.fixture
def app(built: FastAPI, settings: Settings) -> FastAPI:
    """The application, with a database that nobody has connected."""
    return with_state(built, settings)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """A caller who has not signed in."""
    transport = ASGITransport(app=app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def sign_in(settings: Settings) -> SignIn:
    """Make the headers of a signed-in user."""
    tokens = TokenSigner(settings)

    def make(user: User) -> Headers:
        token = tokens.create_access_token(user.id, user.role, user.token_version)
        return {"Authorization": f"Bearer {token}"}

    return make
