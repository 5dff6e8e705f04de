"""The router of a slice."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient

from app.api.deps import ContainerDep, CurrentUser
from app.api.slice_router import SliceRouter, check_routes
from app.api.v1.user_deps import UserServiceDep


async def _answer() -> str:
    return "here"


def _app() -> FastAPI:
    """Return an application with slices that share paths, behind a prefix."""
    app = FastAPI()
    for prefix, path in (("/books", "/{id}"), ("/books", "/{id}/cover"), ("/a", "")):
        router = SliceRouter(prefix=prefix, route_class=APIRoute)
        router.add_api_route(path, _answer, methods=["GET"])
        app.include_router(router, prefix="/api")
    return app


async def _status(method: str, path: str) -> int:
    transport = ASGITransport(app=_app())
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        return (await client.request(method, path)).status_code


async def test_slices_can_share_a_path() -> None:
    for path in ("/api/books/1", "/api/books/1/cover", "/api/a"):
        assert await _status("GET", path) == 200


async def test_an_unknown_path_is_not_found() -> None:
    for path in ("/api/books", "/books/1", "/api/book/1", "/api/books/1/cover/2", "/"):
        assert await _status("GET", path) == 404


async def test_another_method_is_not_allowed() -> None:
    assert await _status("POST", "/api/books/1") == 405


async def test_a_trailing_slash_is_redirected() -> None:
    assert await _status("GET", "/api/a/") == 307


def test_a_route_without_a_scope_cannot_depend_on_one() -> None:
    router = APIRouter(prefix="/books")

    @router.get("/free")
    async def free(user: CurrentUser, container: ContainerDep) -> None: ...

    check_routes(router)

    @router.get("/scoped")
    async def scoped(users: UserServiceDep) -> None: ...

    with pytest.raises(TypeError, match=r"/books/scoped .*: declare it on a SliceR"):
        check_routes(router)
