"""API documentation."""

import re
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient

from app.api.deps import bearer
from app.api.openapi import PUBLIC, is_public
from app.core.config import Settings
from app.domain.schemas.common import PaginationParams
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


def test_clients_need_no_sign_in_for_a_public_route(built: FastAPI) -> None:
    login = built.openapi()["paths"]["/api/v1/auth/login"]["post"]
    assert login["security"] == []
    assert is_public(login)


def test_a_public_route_with_a_guard_takes_a_sign_in(settings: Settings) -> None:
    app = create_app(settings)

    @app.get("/books", openapi_extra=PUBLIC, dependencies=[Depends(bearer)])
    async def books() -> None: ...

    operation = app.openapi()["paths"]["/books"]["get"]
    assert operation["security"] == [{"OAuth2PasswordBearer": []}, {}]
    assert is_public(operation)


def test_clients_send_no_default_page_beside_a_cursor(built: FastAPI) -> None:
    listed = built.openapi()["paths"]["/api/v1/users"]["get"]["parameters"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in listed}
    assert schemas["limit"]["default"] == 20
    assert "default" not in schemas["page"]
    assert PaginationParams().page == 1


def test_clients_see_which_fields_a_response_may_lack(built: FastAPI) -> None:
    schemas = built.openapi()["components"]["schemas"]
    assert schemas["MessageResponse"]["required"] == ["message", "success"]
    error = schemas["ErrorResponse"]
    absent = error["properties"].keys() - set(error["required"])
    assert absent == {"type", "detail", "errors"}
    # They are left out, never null.
    assert {error["properties"][name]["type"] for name in absent} == {"string", "array"}


def test_clients_upload_a_picture_as_bytes(built: FastAPI) -> None:
    upload = built.openapi()["paths"]["/api/v1/users/me/picture"]["put"]
    assert list(upload["requestBody"]["content"]) == ["application/octet-stream"]


def _require_problems(operation: dict[str, Any]) -> None:
    errors = {k: v for k, v in operation["responses"].items() if k[0] in "45"}
    assert errors
    for error in errors.values():
        assert list(error["content"]) == ["application/problem+json"]
