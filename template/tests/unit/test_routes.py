"""Every route is either listed as public, or guarded."""

import re
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.api.v1.router import api_v1_router
from app.core.config import Settings
from tests.slices import SLICES

PUBLIC = {
    "GET /api/v1/health",
    "GET /api/v1/health/ready",
    "POST /api/v1/auth/forgot-password",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/register",
    "POST /api/v1/auth/resend-verification",
    "POST /api/v1/auth/reset-password",
    "POST /api/v1/auth/verify-email",
} | {f"GET /api/v1{path}" for slice in SLICES if slice.public for path in slice.paths}


@pytest.fixture
def operations(built: FastAPI) -> dict[str, bool]:
    """Each route, and whether its description names a guard."""
    return {
        f"{method.upper()} {path}": "security" in operation
        for path, item in built.openapi()["paths"].items()
        for method, operation in item.items()
    }


def test_all_routes_in_one_router_are_those_of_the_application(
    operations: dict[str, bool], settings: Settings
) -> None:
    app = FastAPI()
    app.include_router(api_v1_router, prefix=settings.API_V1_PREFIX)
    assert set(app.openapi()["paths"]) == {
        name.split()[1] for name in operations.keys() - {"POST /api/v1/auth/register"}
    }


def test_every_route_without_a_guard_is_public_by_name(
    operations: dict[str, bool],
) -> None:
    assert {name for name, guarded in operations.items() if not guarded} == PUBLIC


async def test_every_other_route_asks_who_is_there_before_anything_else(
    operations: dict[str, bool], client: AsyncClient
) -> None:
    for name in operations.keys() - PUBLIC:
        method, path = re.sub(r"{\w+_id}", str(uuid4()), name).split()
        assert (await client.request(method, path)).status_code == 401
