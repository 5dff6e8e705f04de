"""Dispatch of requests to the few routes that can match them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient, Response
from starlette.responses import PlainTextResponse
from starlette.routing import Match
from starlette.types import Message, Scope

from app.api.openapi import PROBLEMS
from app.api.v1.router import slices
from app.kit.http.dispatch import Dispatch, add_routers

tried: list[str] = []


class NotingRoute(APIRoute):
    """A route that records each attempt to match it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        tried.append(self.path)
        return super().matches(scope)


def _router(*paths: str, method: str = "GET", **options: Any) -> APIRouter:
    """Return a router whose routes respond with their own path."""
    router = APIRouter(route_class=NotingRoute, **options)
    for path in paths:
        router.add_api_route(path, _says(path), methods=[method], name=path)
    return router


def _says(path: str) -> Callable[[], str]:
    return lambda: path


def _app(*routers: APIRouter, **options: Any) -> FastAPI:
    app = FastAPI(openapi_url=None, **options)
    add_routers(app, routers, "/api", {})
    return app


async def _ask(
    app: FastAPI, path: str, method: str = "GET", root_path: str = ""
) -> Response:
    transport = ASGITransport(app=app, root_path=root_path)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path)


BOOKS = _router("", "/new", "/{id}", prefix="/books")
COVERS = _router("/{id}/cover", prefix="/books")


async def test_slices_can_share_a_path_segment() -> None:
    app = _app(BOOKS, COVERS, _router("/authors"))
    for path, route in {
        "/api/books": "",
        "/api/books/new": "/new",
        "/api/books/1": "/{id}",
        "/api/books/1/cover": "/{id}/cover",
        "/api/authors": "/authors",
    }.items():
        assert (await _ask(app, path)).json() == route


async def test_an_unknown_path_is_not_found() -> None:
    app = _app(BOOKS, COVERS)
    for path in (
        "/",
        "/api",
        "/api/",
        "/books",
        "/api/book",
        "/apibooks",
        "/api/books/1/2",
    ):
        assert (await _ask(app, path)).status_code == 404


async def test_another_method_is_not_allowed() -> None:
    assert (await _ask(_app(BOOKS), "/api/books/1", "DELETE")).status_code == 405


async def test_a_route_with_the_method_wins_over_an_earlier_one() -> None:
    app = _app(BOOKS, _router("/{id}", method="DELETE", prefix="/books"))
    assert (await _ask(app, "/api/books/1", "DELETE")).status_code == 200


async def test_a_trailing_slash_is_redirected() -> None:
    answer = await _ask(_app(BOOKS), "/api/books/")
    assert (answer.status_code, answer.headers["Location"]) == (
        307,
        "http://test/api/books",
    )


async def test_only_candidate_routes_are_tried_and_each_once() -> None:
    deletion = _router("/{id}", method="DELETE", prefix="/books")
    app = _app(_router("/authors/{id}"), deletion, BOOKS, COVERS)
    tried.clear()
    await _ask(app, "/api/books/1")
    assert tried == ["/api/books/new", "/api/books/{id}"]


async def test_the_first_match_wins_even_if_its_segment_is_variable() -> None:
    late = _app(BOOKS, _router("/{shelf}/new"))
    assert (await _ask(late, "/api/books/new")).json() == "/new"
    assert (await _ask(late, "/api/films/new")).json() == "/{shelf}/new"
    early = _app(_router("/{shelf}/new"), BOOKS)
    assert (await _ask(early, "/api/books/new")).json() == "/{shelf}/new"


async def test_a_path_parameter_can_contain_slashes() -> None:
    late = _app(BOOKS, _router("/books/{name:path}"))
    assert (await _ask(late, "/api/books/1")).json() == "/{id}"
    assert (await _ask(late, "/api/books/1/2/3")).json() == "/books/{name:path}"
    early = _app(_router("/books/{name:path}"), BOOKS)
    assert (await _ask(early, "/api/books/1")).json() == "/books/{name:path}"


async def test_routes_added_before_and_after_the_slices_still_match() -> None:
    app = FastAPI(openapi_url=None)
    app.add_api_route("/api/books/new", _says("before"))
    add_routers(app, [BOOKS], "/api", {})
    app.add_api_route("/api/books/{id}/loans", _says("after"))
    assert (await _ask(app, "/api/books/new")).json() == "before"
    assert (await _ask(app, "/api/books/1")).json() == "/{id}"
    assert (await _ask(app, "/api/books/1/loans")).json() == "after"


async def test_the_root_path_is_left_out() -> None:
    tried.clear()
    around = FastAPI(openapi_url=None)
    around.mount("/shop", _app(BOOKS))
    assert (await _ask(around, "/shop/api/books/1")).json() == "/{id}"
    app = _app(BOOKS)
    answer = await _ask(app, "/shop/api/books/1", root_path="/shop")
    assert answer.json() == "/{id}"
    assert tried == 2 * ["/api/books/new", "/api/books/{id}"]


def test_a_url_is_built_from_a_route_name() -> None:
    assert (
        _app(BOOKS, COVERS).url_path_for("/{id}/cover", id="1") == "/api/books/1/cover"
    )


def test_the_path_format_of_the_matched_route_is_known() -> None:
    dispatch = Dispatch("/api", _app(BOOKS).routes)
    scope = {"type": "http", "method": "GET", "path": "/api/books/1"}
    assert dispatch.matches(scope)[0] is Match.FULL
    assert dispatch.path_format == "/api/books/{id}"


def test_the_openapi_schema_equals_fastapis() -> None:
    ours, theirs = FastAPI(), FastAPI()
    add_routers(ours, slices, "/api/v1", PROBLEMS)
    for router in slices:
        theirs.include_router(router, prefix="/api/v1", responses=PROBLEMS)
    assert ours.openapi() == theirs.openapi()


async def test_dependency_overrides_of_the_application_apply() -> None:
    def asked() -> str:
        return "asked"

    router = APIRouter(prefix="/books")

    @router.get("")
    def answer(value: Annotated[str, Depends(asked)]) -> str:
        return value

    app = _app(router)
    app.dependency_overrides[asked] = lambda: "overridden"
    assert (await _ask(app, "/api/books")).json() == "overridden"


@pytest.fixture
def other() -> APIRouter:
    """Return a router with more than plain routes."""
    router = _router("", prefix="/other")
    inner = _router("/inner")
    router.include_router(inner)
    router.mount("/mounted", PlainTextResponse("mounted"))

    @router.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4000)

    return router


async def test_nested_routers_and_mounts_are_reached(other: APIRouter) -> None:
    app = _app(other)
    assert (await _ask(app, "/api/other")).json() == ""
    assert (await _ask(app, "/api/other/inner")).json() == "/inner"
    assert (await _ask(app, "/api/mounted/")).text == "mounted"


async def test_websockets_are_reached(other: APIRouter) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/api/other/socket",
        "query_string": b"",
        "headers": [],
    }
    await _app(other)(scope, receive, send)
    assert [message["type"] for message in sent] == [
        "websocket.accept",
        "websocket.close",
    ]


async def test_the_lifespan_of_a_router_runs() -> None:
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        events.append("start")
        yield
        events.append("end")

    app = _app(_router("", prefix="/books", lifespan=lifespan))
    async with app.router.lifespan_context(app):
        assert events == ["start"]
    assert events == ["start", "end"]


@pytest.mark.parametrize(
    ("feature", "value"), [("form_limits", {"max_fields": 1}), ("max_body_size", 1)]
)
def test_a_route_with_newer_fastapi_features_is_left_to_fastapi(
    feature: str, value: object
) -> None:
    of_route, of_router = _router("/new"), _router("/new")
    setattr(of_route.routes[0], feature, value)
    setattr(of_router, feature, value)
    for router in (of_route, of_router):
        routes = _app(router).routes
        assert not [route for route in routes if isinstance(route, APIRoute)]
