"""Guards and operation ids of all routes."""

import re
from collections import Counter
from typing import Annotated, Any
from uuid import uuid4

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from fastapi.routing import APIRoute
from httpx import AsyncClient

from app.api.deps import CurrentCaller, require_role
from app.api.openapi import is_public, operation_ids
from app.api.slice_router import SliceRouter
from app.api.v1.router import api_v1_router
from app.core.config import Settings
from app.domain.roles import Caller, Role
from app.main import create_app
from scripts.routes import BY_ROW, describe, routes_of
from tests.conftest import MakeSettings
from tests.slices import SLICES

# Routes of added slices that need no login.
READABLE = {
    f"GET /api/v1{path}" for slice in SLICES if slice.public for path in slice.paths
}


@pytest.fixture
def operations(built: FastAPI) -> dict[str, dict[str, Any]]:
    """Return the OpenAPI operation of each route, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in built.openapi()["paths"].items()
        for method, operation in item.items()
    }


def test_the_v1_router_has_all_routes_of_the_application(
    operations: dict[str, dict[str, Any]], settings: Settings
) -> None:
    app = FastAPI()
    app.include_router(api_v1_router, prefix=settings.API_V1_PREFIX)
    assert set(app.openapi()["paths"]) == {
        name.split()[1] for name in operations.keys() - {"POST /api/v1/auth/register"}
    }


def test_an_operation_id_is_its_handlers_name_under_any_prefix(
    make_settings: MakeSettings,
) -> None:
    for prefix in ("/api/v1", "/v2"):
        paths = create_app(make_settings(API_V1_PREFIX=prefix)).openapi()["paths"]
        assert paths[f"{prefix}/users"]["get"]["operationId"] == "list_users"


def test_operation_ids_of_handlers_with_one_name_begin_with_the_tag() -> None:
    routers = [APIRouter(tags=[tag]) for tag in ("Old books", "Authors")]
    for router in routers:
        router.add_api_route("/", lambda: None, name="search")
    routers[0].add_api_route("/one", lambda: None, name="find")
    routes = [route for router in routers for route in router.routes]
    operation_id = operation_ids(routers)
    assert [operation_id(route) for route in routes if isinstance(route, APIRoute)] == [
        "old_books_search",
        "find",
        "authors_search",
    ]


def test_operation_ids_are_unique(built: FastAPI) -> None:
    routes = [route for route in built.routes if isinstance(route, APIRoute)]
    count = Counter(route.operation_id or route.unique_id for route in routes)
    clashes = [name for name in count if count[name] > 1]
    assert not clashes, f"{clashes}: rename a handler, or give its router another tag"


def test_every_route_without_a_guard_is_declared_public(
    operations: dict[str, dict[str, Any]],
) -> None:
    open_to_all = {
        name for name, found in operations.items() if "security" not in found
    }
    forgotten = sorted(open_to_all - READABLE)
    hint = "need a guard, or openapi_extra=PUBLIC: docs/entity.md"
    assert not forgotten, f"{forgotten} {hint}"


async def test_every_other_route_authenticates_first(
    operations: dict[str, dict[str, Any]], client: AsyncClient
) -> None:
    guarded = {name for name, found in operations.items() if not is_public(found)}
    for name in guarded - READABLE:
        method, path = re.sub(r"{\w+}", str(uuid4()), name).split()
        assert (await client.request(method, path)).status_code == 401, name


def test_make_routes_prints_the_callers_of_each_route() -> None:
    some = require_role(Role.MODERATOR, Role.ADMIN)
    app, router = FastAPI(openapi_url=None), SliceRouter(prefix="/books")

    async def check_signature() -> None:
        """Refuse a request without a signature."""

    @router.post("")
    async def create_book(caller: CurrentCaller) -> None: ...

    @router.get("/{book_id}")
    async def get_book(_: CurrentCaller) -> None: ...

    @router.patch("/{book_id}")
    async def update_book(caller: CurrentCaller) -> None: ...

    @router.delete("/{book_id}")
    async def delete_book(caller: Annotated[Caller, Depends(some)]) -> None: ...

    @router.get("/none", dependencies=[Depends(some), Depends(require_role())])
    async def get_none() -> None: ...

    @router.put("/signed", dependencies=[Depends(check_signature)])
    async def put_signed() -> None: ...

    @router.websocket("/socket")
    async def send_books(socket: WebSocket, _: CurrentCaller) -> None: ...

    app.include_router(router, prefix="/v2")
    app.mount("/other", FastAPI())
    assert describe(routes_of(app)).splitlines() == [
        "MOUNT      /other               as that application decides",
        "POST       /v2/books            signed-in users",
        "GET        /v2/books/none       admins and moderators",
        "PUT        /v2/books/signed     anyone, checked by check_signature",
        "WEBSOCKET  /v2/books/socket     signed-in users",
        "DELETE     /v2/books/{book_id}  admins and moderators",
        "GET        /v2/books/{book_id}  signed-in users",
        "PATCH      /v2/books/{book_id}  signed-in users, by row",
        "",
        BY_ROW,
    ]
