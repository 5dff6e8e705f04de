"""Commands that write to a database."""

import asyncio
import runpy
import sys
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.container import Container
from app.core.config import ConfigurationError, Settings
from app.core.database import DatabaseManager
from app.core.exceptions import AppException, ConflictException
from app.domain.jobs.purge import Purge
from app.domain.models.audit_event import AuditEvent
from app.domain.models.mail_token import MailToken
from app.domain.models.rate_limit import RateLimit
from app.domain.models.refresh_token import RefreshToken
from app.domain.purposes import Purpose
from app.domain.roles import Role
from app.jobs import purge_jobs
from app.jobs.purge_jobs import purge
from app.repository.mail_token_repository import MailTokenRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.repository.user_repository import UserRepository
from scripts.create_admin import OPERATOR, create_admin
from scripts.seed import PEOPLE, seed
from tests.conftest import PASSWORD, MakeSettings, MakeUser
from tests.integration.conftest import store

pytestmark = pytest.mark.integration
HOUR = timedelta(hours=1)


@pytest.fixture
def environment(fresh_database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment that the commands read their settings from."""
    monkeypatch.setenv("ENVIRONMENT", fresh_database.ENVIRONMENT)
    for name in ("DATABASE_URL", "JWT_SECRET_KEY", "JWT_REFRESH_SECRET_KEY"):
        value = getattr(fresh_database, name).get_secret_value()
        monkeypatch.setenv(name, value)


async def test_seeding_is_idempotent(fresh_database: Settings) -> None:
    assert await seed(fresh_database, PASSWORD) == list(PEOPLE)
    assert await seed(fresh_database, PASSWORD) == []


async def test_production_is_not_seeded(make_settings: MakeSettings) -> None:
    production = make_settings(
        ENVIRONMENT="production",
        DEBUG=False,
        SMTP_HOST="mail.example.com",
        PUBLIC_URL="https://shop.example.com",
    )
    with pytest.raises(ConfigurationError, match="production"):
        await seed(production, PASSWORD)


async def test_an_admin_is_created_once(fresh_database: Settings) -> None:
    await create_admin(fresh_database, "ada@example.com", PASSWORD)
    database = DatabaseManager(fresh_database)
    await database.connect()
    async with database.transaction() as session:
        admin = await UserRepository(session).get_by_email("ada@example.com")
    await database.disconnect()
    assert admin
    assert admin.role == Role.ADMIN
    with pytest.raises(ConflictException):
        await create_admin(fresh_database, "ada@example.com", PASSWORD)


async def test_an_admin_needs_a_valid_email(fresh_database: Settings) -> None:
    with pytest.raises(ValidationError, match="email"):
        await create_admin(fresh_database, "ada", PASSWORD)


async def test_scripts_report_an_unavailable_database(
    make_settings: MakeSettings,
) -> None:
    nowhere = make_settings(DB_HOST="127.0.0.1", DB_PORT=1)
    with pytest.raises(AppException, match="database is unavailable"):
        await seed(nowhere, PASSWORD)


async def test_purge_removes_expired_rows_only(
    fresh_database: Settings, make_user: MakeUser
) -> None:
    database = DatabaseManager(fresh_database)
    await database.connect()
    user = await store(database, make_user())
    now = datetime.now(UTC)
    async with database.transaction() as session:
        for name, when in (("old", now - HOUR), ("new", now + HOUR)):
            await RefreshTokenRepository(session).add(
                RefreshToken(
                    token_hash=name,
                    family_id=user.id,
                    user_id=user.id,
                    expires_at=when,
                )
            )
            await MailTokenRepository(session).add(
                name, user.id, Purpose.RESET, user.email, when
            )
            session.add(RateLimit(key=name, count=1, resets_at=when))
            session.add(_event(name, created_at=when - timedelta(days=365)))
    await purge(Purge(), Container(fresh_database), OPERATOR)
    async with database.transaction() as session:
        for column in (
            RefreshToken.token_hash,
            MailToken.token_hash,
            RateLimit.key,
            AuditEvent.action,
        ):
            assert (await session.scalars(select(column))).all() == ["new"]
    await database.disconnect()


async def test_purge_leaves_counters_alone_that_a_request_has_locked(
    fresh_database: Settings,
    elsewhere: DatabaseManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(purge_jobs, "BATCH", 2)
    async with elsewhere.transaction() as session:
        for key in ("used", *"abc"):
            await RateLimitRepository(session).hit(key, -HOUR)
    async with elsewhere.transaction() as session:
        await RateLimitRepository(session).hit("used", HOUR)
        await purge(Purge(), Container(fresh_database), OPERATOR)
    async with elsewhere.reading() as session:
        counters = (await session.scalars(select(RateLimit))).all()
    assert [(each.key, each.count) for each in counters] == [("used", 1)]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "command", [["scripts.seed"], ["scripts.create_admin", "a@example.com"]]
)
async def test_the_commands_print_the_password_once(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    first, second = [await _run(command, capsys) for _ in range(2)]
    assert "password: " in first
    assert "password: " not in second
    assert "already" in second


def _event(action: str, created_at: datetime) -> AuditEvent:
    return AuditEvent(
        action=action,
        refused=False,
        fields=[],
        address="192.0.2.1",
        request_id="1",
        created_at=created_at,
    )


async def _run(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command as `python -m` does and return its output or exit message."""
    output = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", command)
        patch.delitem(sys.modules, command[0])
        try:
            # In a thread, because it runs its own event loop.
            await asyncio.to_thread(runpy.run_module, command[0], run_name="__main__")
        except SystemExit as ended:
            output = str(ended)
    return output + capsys.readouterr().out
