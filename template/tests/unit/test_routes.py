"""Every route is either declared public, or guarded."""

import re
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.api.openapi import is_public
from app.api.v1.router import api_v1_router
from app.core.config import Settings
from tests.slices import SLICES

# What anyone may read of the slices that were added.
READABLE = {
    f"GET /api/v1{path}" for slice in SLICES if slice.public for path in slice.paths
}


@pytest.fixture
def operations(built: FastAPI) -> dict[str, dict[str, Any]]:
    """The description of each route, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in built.openapi()["paths"].items()
        for method, operation in item.items()
    }


def test_all_routes_in_one_router_are_those_of_the_application(
    operations: dict[str, dict[str, Any]], settings: Settings
) -> None:
    app = FastAPI()
    app.include_router(api_v1_router, prefix=settings.API_V1_PREFIX)
    assert set(app.openapi()["paths"]) == {
        name.split()[1] for name in operations.keys() - {"POST /api/v1/auth/register"}
    }


def test_every_route_without_a_guard_is_declared_public(
    operations: dict[str, dict[str, Any]],
) -> None:
    open_to_all = {
        name for name, found in operations.items() if "security" not in found
    }
    forgotten = sorted(open_to_all - READABLE)
    assert not forgotten, f"{forgotten} need a guard, or openapi_extra=PUBLIC"


async def test_every_other_route_asks_who_is_there_before_anything_else(
    operations: dict[str, dict[str, Any]], client: AsyncClient
) -> None:
    guarded = {name for name, found in operations.items() if not is_public(found)}
    for name in guarded - READABLE:
        method, path = re.sub(r"{\w+}", str(uuid4()), name).split()
        assert (await client.request(method, path)).status_code == 401, name
