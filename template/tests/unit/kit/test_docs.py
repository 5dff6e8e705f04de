"""API documentation."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from app.core.config import Settings
from app.main import create_app
from tests.conftest import MakeSettings


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_docs_load_nothing_from_other_hosts(
    client: AsyncClient, path: str
) -> None:
    page = (await client.get(path)).text
    files = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert files
    for file in files:
        assert file.startswith("/")
        assert (await client.get(file)).status_code == 200


async def test_the_token_url_is_the_login_under_any_prefix(
    make_settings: MakeSettings,
) -> None:
    app = create_app(make_settings(API_V1_PREFIX="/shop/v1"))
    schemes = app.openapi()["components"]["securitySchemes"]
    flow = schemes["OAuth2PasswordBearer"]["flows"]["password"]
    assert flow["tokenUrl"] == "/shop/v1/auth/login"
    assert flow["tokenUrl"] in app.openapi()["paths"]


async def test_without_debug_there_are_no_docs(make_settings: MakeSettings) -> None:
    app = create_app(make_settings(DEBUG=False))
    transport = ASGITransport(app=app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert (await client.get(path)).status_code == 404


def test_every_route_documents_its_errors_as_problems(built: FastAPI) -> None:
    for path in built.openapi()["paths"].values():
        for operation in path.values():
            _require_problems(operation)


def test_an_error_with_its_own_description_is_a_problem_too(
    settings: Settings,
) -> None:
    app = create_app(settings)

    @app.get("/books", responses={404: {"description": "No such book"}})
    async def books(page: int) -> None: ...

    operation = app.openapi()["paths"]["/books"]["get"]
    assert operation["responses"]["404"]["description"] == "No such book"
    _require_problems(operation)


def _require_problems(operation: dict[str, Any]) -> None:
    errors = {k: v for k, v in operation["responses"].items() if k[0] in "45"}
    assert errors
    for error in errors.values():
        assert list(error["content"]) == ["application/problem+json"]
