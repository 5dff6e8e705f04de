"""Health checks."""

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from app.core.config import Settings
from app.main import lifespan
from tests.conftest import MakeSettings, with_state

pytestmark = pytest.mark.integration
HEALTH = "/api/v1/health"


async def test_liveness_returns_version_and_environment(
    client: AsyncClient, settings: Settings
) -> None:
    response = await client.get(HEALTH)
    assert response.json() == {
        "status": "healthy",
        "version": settings.VERSION,
        "environment": "test",
    }


async def test_a_started_application_is_ready(
    built: FastAPI, fresh_database: Settings
) -> None:
    app = with_state(built, fresh_database)
    transport = ASGITransport(app=app)
    async with (
        lifespan(app),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        assert (await client.get(f"{HEALTH}/ready")).status_code == 200


async def test_without_a_database_it_is_live_but_not_ready(
    built: FastAPI, make_settings: MakeSettings
) -> None:
    app = with_state(built, make_settings(DB_PORT=1, DB_HOST="127.0.0.1"))
    transport = ASGITransport(app=app)
    async with (
        lifespan(app),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        assert (await client.get(HEALTH)).status_code == 200
        ready = await client.get(f"{HEALTH}/ready")
    assert ready.status_code == 503
    assert ready.json()["message"] == "The database is unavailable"
