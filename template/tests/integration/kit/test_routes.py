"""Routes of every kind: authentication and request scope."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request, UploadFile, WebSocket
from fastapi.responses import StreamingResponse
from httpx import AsyncClient
from sqlalchemy import select

from app.api.deps import (
    AdminUser,
    ContainerDep,
    CurrentCaller,
    CurrentUser,
    ScopeDep,
    SessionDep,
    get_current_user,
    request_context,
)
from app.api.slice_router import SliceRouter
from app.container import Container
from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.db.sessions import SessionEndedError
from app.core.logging import setup_logging
from app.domain.models.audit_event import AuditEvent
from app.domain.models.user import User
from app.main import create_app
from app.service.token_service import TokenService
from tests.conftest import Headers, MakeUser, SignIn
from tests.integration.conftest import calling, store

pytestmark = pytest.mark.integration
router = SliceRouter(prefix="/kinds")


@router.websocket("/socket")
async def socket(
    websocket: WebSocket, user: CurrentUser, container: ContainerDep
) -> None:
    await websocket.accept()
    async with container.open_scope(request_context(websocket), reads=True) as scope:
        same = await scope.users.get_by_id(user.id)
    await websocket.send_text(same.email if same else "")


@router.websocket("/admins")
async def admins(websocket: WebSocket, user: AdminUser) -> None:
    await websocket.accept()


@router.websocket("/scoped")
async def scoped(websocket: WebSocket, scope: ScopeDep) -> None: ...


@router.get("/stream")
async def stream(user: CurrentUser) -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        yield user.email

    return StreamingResponse(parts())


@router.get("/both")
async def both(caller: CurrentCaller, admin: AdminUser, user: CurrentUser) -> bool:
    return caller == admin == (user.id, user.role)


@router.get("/late")
async def late(session: SessionDep) -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        try:
            await session.scalar(select(User))
        except SessionEndedError as error:
            yield str(error)

    return StreamingResponse(parts())


@router.post("/exports")
async def export(user: CurrentUser) -> StreamingResponse:
    return StreamingResponse([b"one"])


@router.api_route("/plain", methods=["PUT", "POST"])
def plain(user: CurrentUser, container: ContainerDep) -> int:
    return _in_use(container)


def measure(container: ContainerDep) -> int:
    return _in_use(container)


@router.api_route("/dependency", methods=["PUT", "POST"])
async def depends(user: CurrentUser, held: Annotated[int, Depends(measure)]) -> int:
    return held


@router.api_route("/raw", methods=["PUT", "POST"])
async def receive_raw(
    user: CurrentUser, request: Request, container: ContainerDep
) -> int:
    held = _in_use(container)
    assert await request.body() == b"raw"
    return held


@router.api_route("/form", methods=["PUT", "POST"])
async def receive_form(
    user: CurrentUser, file: UploadFile, container: ContainerDep
) -> int:
    held = _in_use(container)
    assert await file.read() == b"file"
    return held


def _in_use(container: Container) -> int:
    """Return how many connections are in use."""
    pool: Any = container.database.engine.pool
    count: int = pool.checkedout()
    return count


@pytest.fixture
def app(settings: Settings, database: DatabaseManager) -> FastAPI:
    app = create_app(settings)
    app.state.container.database = database
    app.include_router(router)

    @app.post("/declared-on-the-application")
    async def declared(scope: ScopeDep) -> bool:
        return scope.user is None

    return app


async def _open(app: FastAPI, path: str, headers: Headers) -> list[dict[str, Any]]:
    """Open a WebSocket and return what the service sends until it closes."""
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "ws",
        "client": ("192.0.2.1", 1),
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "subprotocols": [],
        "state": {},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_a_websocket_has_the_current_user_and_opens_scopes(
    app: FastAPI, user: User, sign_in: SignIn
) -> None:
    accepted, text = await _open(app, "/kinds/socket", sign_in(user))
    assert accepted["type"] == "websocket.accept"
    assert text["text"] == user.email


async def test_an_unauthorised_websocket_is_closed(
    app: FastAPI, user: User, sign_in: SignIn, database: DatabaseManager
) -> None:
    for path, headers, reason in (
        ("/kinds/socket", {}, "Sign in first"),
        ("/kinds/admins", sign_in(user), "Your role does not allow this"),
    ):
        [closed] = await _open(app, path, headers)
        assert (closed["type"], closed["code"]) == ("websocket.close", 1008)
        assert closed["reason"] == reason
    async with database.reading() as session:
        [event] = await session.scalars(select(AuditEvent))
    assert (event.action, event.actor_id, event.address) == (
        "role",
        user.id,
        "192.0.2.1",
    )
    assert event.request_id


async def test_a_websocket_that_depends_on_a_scope_gets_the_fix(
    app: FastAPI,
) -> None:
    with pytest.raises(RuntimeError, match="open_scope"):
        await _open(app, "/kinds/scoped", {})


async def test_a_stream_has_the_current_user_and_no_session(
    app: FastAPI, user: User, sign_in: SignIn
) -> None:
    async with calling(app) as client:
        response = await client.get("/kinds/stream", headers=sign_in(user))
        assert response.text == user.email
        assert "container.open_scope" in (await client.get("/kinds/late")).text


async def test_a_streamed_response_cannot_be_stored_for_replay(
    app: FastAPI, user: User, sign_in: SignIn, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(app.state.container.settings)
    async with calling(app) as client:
        headers = sign_in(user)
        assert (await client.post("/kinds/exports", headers=headers)).text == "one"
        headers["Idempotency-Key"] = "1"
        assert (await client.post("/kinds/exports", headers=headers)).status_code == 500
    assert "NO_REPLAY" in capsys.readouterr().out


async def test_a_route_of_the_application_itself_has_a_scope_and_no_guard(
    app: FastAPI,
) -> None:
    async with calling(app) as client:
        assert (await client.post("/declared-on-the-application")).json() is True


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("plain", {}),
        ("dependency", {}),
        ("raw", {"content": b"raw"}),
        ("form", {"files": {"file": b"file"}}),
    ],
)
async def test_no_connection_is_held_while_a_thread_or_the_client_is_awaited(
    app: FastAPI,
    narrow: DatabaseManager,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
    held: list[int],
    method: str,
    path: str,
    options: dict[str, Any],
) -> None:
    app.state.container.database = narrow
    # A POST with a key has been claimed by then.
    headers = sign_in(await store(elsewhere, make_user())) | {"Idempotency-Key": "1"}
    async with calling(app) as client:
        url = f"/kinds/{path}"
        response = await client.request(method, url, headers=headers, **options)
    assert response.json() == 0
    assert not any(held)


async def test_guards_of_one_request_load_the_caller_once(
    app: FastAPI, admin: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(TokenService, "identify")
    async with calling(app) as client:
        response = await client.get("/kinds/both", headers=sign_in(admin))
    assert response.json() is True


async def test_a_guard_can_be_overridden_in_tests(app: FastAPI, user: User) -> None:
    app.dependency_overrides[get_current_user] = lambda: user
    async with calling(app) as client:
        assert (await client.get("/kinds/stream")).text == user.email


async def test_an_unauthorised_request_is_refused_before_body_parsing(
    client: AsyncClient, user: User, sign_in: SignIn
) -> None:
    for headers, status in (({}, 401), (sign_in(user), 403)):
        json = {"Content-Type": "application/json"} | headers
        refused = await client.post("/api/v1/users", content=b"{", headers=json)
        assert refused.status_code == status
