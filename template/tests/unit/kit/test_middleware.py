"""Middleware, tested without a database: a 404 response needs none."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Form, Request, WebSocket
from fastapi.responses import Response, StreamingResponse
from httpx import ASGITransport, AsyncClient
from starlette.requests import ClientDisconnect

from app.core.config import Settings
from app.core.logging import setup_logging
from app.kit.http.route import BodyLimit, ScopedRoute
from app.main import create_app
from tests.clients import knock, leave
from tests.conftest import MakeSettings

ORIGIN = {"Origin": "http://localhost:3000"}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    """Return the application with routes that fail, stream or respond to HEAD."""
    app = create_app(settings)

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError("the password is hunter2")

    @app.head("/headers-only")
    async def headers_only() -> Response:
        return Response("of HEAD", headers={"X-Of": "HEAD"})

    @app.get("/headers-only")
    async def with_content() -> Response:
        return Response("of GET", headers={"X-Of": "GET"})

    @app.get("/method")
    async def method(request: Request) -> StreamingResponse:
        async def chunks() -> AsyncIterator[str]:
            for word in ("sent", "in", "pieces"):
                yield word

        return StreamingResponse(chunks(), headers={"X-Method": request.method})

    @app.get("/breaks-off")
    async def breaks_off() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"begun"
            raise RuntimeError("in the middle")

        return StreamingResponse(chunks())

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, room: int) -> None:
        await websocket.accept()

    return app


async def test_a_valid_request_id_is_kept(client: AsyncClient) -> None:
    response = await client.get("/nowhere", headers={"X-Request-ID": "a-B_3.c"})
    assert response.headers["X-Request-ID"] == "a-B_3.c"
    assert response.json()["request_id"] == "a-B_3.c"


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "<script>", "{0}"])
async def test_an_invalid_request_id_is_replaced(
    client: AsyncClient, given: str
) -> None:
    response = await client.get("/nowhere", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])


async def test_an_unexpected_error_is_a_problem_with_all_headers(
    client: AsyncClient,
) -> None:
    response = await client.get("/fails", headers=ORIGIN)
    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert response.json()["request_id"] == response.headers["X-Request-ID"]
    assert "hunter2" not in response.text


async def test_a_failing_stream_is_aborted(client: AsyncClient) -> None:
    with pytest.raises(RuntimeError, match="in the middle"):
        await client.get("/breaks-off")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PUT", "/api/v1/health", 405)],
)
async def test_routing_errors_are_problems(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)
    body = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == body["status_code"] == response.status_code == status
    assert body["type"] == "about:blank"
    assert body["title"] == body["message"]
    assert body["instance"] == path


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/users", "GET, HEAD, POST"),
        (f"/api/v1/users/{NOBODY}", "GET, HEAD, PATCH, DELETE"),
        ("/openapi.json", "GET, HEAD"),
    ],
)
async def test_a_405_names_all_allowed_methods(
    client: AsyncClient, path: str, allowed: str
) -> None:
    response = await client.put(path)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/health",
        "/api/v1/users",
        f"/api/v1/users/{NOBODY}",
        "/api/v1/auth/login",
        "/docs",
        "/redoc",
        "/method",
        "/fails",
        "/nowhere",
    ],
)
async def test_head_returns_the_headers_of_get_without_a_body(
    client: AsyncClient, path: str
) -> None:
    headers = ORIGIN | {"X-Request-ID": "abc"}
    get = await client.get(path, headers=headers)
    head = await client.head(path, headers=headers)
    assert (head.status_code, head.headers) == (get.status_code, get.headers)
    assert head.content == b""


async def test_an_invalid_request_closes_a_websocket_with_a_text(app: FastAPI) -> None:
    assert await knock(app, "/socket", {}) == (1008, b"The request is not valid")


async def test_a_head_route_wins_over_get(client: AsyncClient) -> None:
    head = await client.head("/headers-only")
    assert (head.headers["X-Of"], head.content) == ("HEAD", b"")
    assert (await client.get("/headers-only")).text == "of GET"


async def test_head_is_logged_as_head(
    client: AsyncClient,
    make_settings: MakeSettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    await client.head("/api/v1/health")
    assert "HEAD /api/v1/health 200" in capsys.readouterr().out


async def test_an_unknown_origin_gets_no_cors_header(client: AsyncClient) -> None:
    response = await client.get("/nowhere", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_request_is_logged_without_its_query(
    client: AsyncClient,
    make_settings: MakeSettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    await client.get("/no%0Awhere?token=hunter2", headers={"X-Request-ID": "abc"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [line] = [line for line in lines if line["logger"].startswith("app.")]
    assert (line["method"], line["path"]) == ("GET", "/no%0Awhere")
    assert (line["status"], line["request_id"]) == (404, "abc")
    assert line["duration_ms"] >= 0
    assert "hunter2" not in json.dumps(line)


async def test_a_preflight_succeeds_or_is_a_problem(
    client: AsyncClient,
) -> None:
    asks = {"Access-Control-Request-Method": "PATCH"}
    allowed = await client.options("/api/v1/users", headers=ORIGIN | asks)
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    foreign = {"Origin": "https://evil.example"} | asks
    refused = await client.options("/api/v1/users", headers=foreign)
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert "origin" in refused.json()["message"]
    assert refused.json()["request_id"] == refused.headers["X-Request-ID"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_an_allowed_origin_can_use_every_method(
    client: AsyncClient, method: str
) -> None:
    asks = {"Access-Control-Request-Method": method}
    response = await client.options("/api/v1/users/me", headers=ORIGIN | asks)
    assert response.status_code == 200


async def test_cors_exposes_the_response_headers(
    client: AsyncClient,
) -> None:
    response = await client.get("/nowhere", headers=ORIGIN)
    exposed = response.headers["Access-Control-Expose-Headers"]
    assert {"ETag", "Retry-After", "X-Request-ID"} <= set(exposed.split(", "))


LIMIT = 2048
PART = '--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n'


async def _echo(data: Annotated[dict[str, str], Body()]) -> int:
    return len(data)


async def _fill_in(username: Annotated[str, Form()]) -> int:
    return len(username)


async def _read(request: Request) -> int:
    return len(await request.body())


async def _read_more(request: Request) -> int:
    request.state.body_limit = 2 * LIMIT
    return len(await request.body())


@pytest.fixture(scope="module")
async def limited(make_settings: MakeSettings) -> AsyncIterator[AsyncClient]:
    """Yield a client of an application that takes 2 KiB, and 4 on one route."""
    app = create_app(make_settings(MAX_BODY_SIZE=LIMIT))
    app.post("/json")(_echo)
    app.post("/form")(_fill_in)
    app.post("/raw")(_read)
    app.post("/more")(_read_more)
    limit = Depends(BodyLimit(LIMIT // 2))
    router = APIRouter(route_class=ScopedRoute, dependencies=[limit])
    router.post("/less")(_echo)
    router.post("/again-more", dependencies=[Depends(BodyLimit(2 * LIMIT))])(_echo)
    app.include_router(router)
    async with _client(app) as client:
        yield client


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("path", "media_type", "start"),
    [
        ("/json", "application/json", ""),
        ("/raw", "text/plain", ""),
        ("/form", "application/x-www-form-urlencoded", "username="),
        ("/form", "multipart/form-data; boundary=x", PART),
    ],
)
async def test_a_body_over_the_limit_is_refused(
    limited: AsyncClient, path: str, media_type: str, start: str, declared: bool
) -> None:
    body = start.encode() + b"x" * LIMIT + b"x"
    content = body if declared else _in_pieces(body)
    headers = ORIGIN | {"Content-Type": media_type}
    response = await limited.post(path, content=content, headers=headers)
    assert response.status_code == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert str(LIMIT) in response.json()["message"]


async def test_a_body_declared_too_large_is_not_read(
    limited: AsyncClient,
) -> None:
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(b"x")
        yield bytes(LIMIT + 1)

    headers = {"Content-Length": str(LIMIT + 1)}
    response = await limited.post("/raw", content=body(), headers=headers)
    assert response.status_code == 413
    assert read == []


async def test_a_body_at_the_limit_is_accepted_and_a_route_can_raise_it(
    limited: AsyncClient,
) -> None:
    assert (await limited.post("/raw", content=bytes(LIMIT))).json() == LIMIT
    assert (await limited.post("/more", content=bytes(2 * LIMIT))).json() == 2 * LIMIT
    over = await limited.post("/more", content=bytes(2 * LIMIT + 1))
    assert over.status_code == 413


@pytest.mark.parametrize(
    ("path", "limit"), [("/less", LIMIT // 2), ("/again-more", 2 * LIMIT)]
)
async def test_a_router_and_a_route_declare_limits_of_their_own(
    limited: AsyncClient, path: str, limit: int
) -> None:
    fits = json.dumps({"a": "x" * (limit - 9)}).encode()
    headers = {"Content-Type": "application/json"}
    response = await limited.post(path, content=fits, headers=headers)
    assert response.json() == 1
    over = await limited.post(path, content=_in_pieces(fits + b" "), headers=headers)
    assert over.status_code == 413
    assert over.json()["message"] == f"The request body exceeds {limit} bytes"


@pytest.mark.parametrize("route", ["login", "refresh", "register", "forgot-password"])
async def test_anonymous_callers_send_small_bodies(
    client: AsyncClient, route: str
) -> None:
    large = await client.post(f"/api/v1/auth/{route}", content=bytes(16 * 1024 + 1))
    assert large.status_code == 413


async def test_the_largest_registration_is_a_small_body(client: AsyncClient) -> None:
    # JSON may write each character in twelve.
    longest = {"email": 254, "password": 128, "full_name": 255}
    body = {name: "\U0001f600" * length for name, length in longest.items()}
    response = await client.post("/api/v1/auth/register", json=body | {"more": 1})
    assert response.status_code == 422


async def test_a_body_that_does_not_arrive_in_time_is_a_408(
    make_settings: MakeSettings,
) -> None:
    app = create_app(make_settings(REQUEST_TIMEOUT=0.1))
    app.post("/json")(_echo)

    async def half() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    async with _client(app) as client:
        response = await client.post("/json", content=half(), headers=ORIGIN)
    assert response.status_code == 408
    assert response.json()["message"] == "The request body did not arrive in time"
    assert response.headers["Connection"] == "close"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]


async def test_a_slow_request_times_out(
    make_settings: MakeSettings,
) -> None:
    app = create_app(make_settings(REQUEST_TIMEOUT=1))

    @app.get("/slow")
    async def slow() -> None:
        await asyncio.sleep(30)

    @app.get("/slow-to-send")
    async def slow_to_send() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"begun"
            await asyncio.sleep(1.1)
            yield b", ended"

        return StreamingResponse(chunks())

    @app.get("/fails")
    async def fails() -> None:
        raise TimeoutError("of another kind")

    async with _client(app) as client:
        response = await client.get("/slow", headers=ORIGIN)
        assert response.status_code == 503
        assert response.headers["Retry-After"]
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
        assert (await client.get("/slow-to-send")).text == "begun, ended"
        assert (await client.get("/fails")).status_code == 500


@pytest.fixture(scope="module")
async def guarded(make_settings: MakeSettings) -> AsyncIterator[AsyncClient]:
    """Yield a client of an application with trusted hosts."""
    hosts = "api.example.com, *.shop.example.com, [::1]"
    async with _client(create_app(make_settings(TRUSTED_HOSTS=hosts))) as client:
        yield client


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("api.example.com", True),
        ("API.EXAMPLE.COM:8000", True),
        ("eu.shop.example.com", True),
        ("shop.example.com", False),
        ("evil-shop.example.com", False),
        ("api.example.com.evil.example", False),
        ("[::1]:8000", True),
        ("", False),
    ],
)
async def test_only_trusted_hosts_are_served(
    guarded: AsyncClient, host: str, served: bool
) -> None:
    response = await guarded.get("/api/v1/users", headers={"Host": host})
    assert response.status_code == (401 if served else 400)
    if not served:
        assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("path", "status"), [("", 200), ("y", 400)])
async def test_health_probes_are_exempt_from_the_host_check(
    guarded: AsyncClient, path: str, status: int
) -> None:
    response = await guarded.get(f"/api/v1/health{path}", headers={"Host": "10.0.0.7"})
    assert response.status_code == status


async def test_every_response_has_security_headers(
    client: AsyncClient,
) -> None:
    for path in ("/api/v1/health", "/nowhere", "/fails"):
        headers = (await client.get(path)).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    docs = (await client.get("/docs")).headers["Content-Security-Policy"]
    assert "'unsafe-inline'" in docs


async def test_hsts_can_be_disabled(make_settings: MakeSettings) -> None:
    transport = ASGITransport(app=create_app(make_settings(HSTS_SECONDS=0)))
    async with AsyncClient(transport=transport, base_url="https://test") as client:
        response = await client.get("/nowhere")
    assert "Strict-Transport-Security" not in response.headers


@pytest.mark.parametrize("name", ["\ud800", "x" * 5000, "\x00", "a.b"])
async def test_any_field_name_is_reported_in_100_characters(
    client: AsyncClient, name: str
) -> None:
    body = json.dumps({name: 1}).encode()
    headers = {"Content-Type": "application/json"}
    response = await client.post("/api/v1/auth/refresh", content=body, headers=headers)
    assert response.status_code == 422
    assert all(len(error["field"]) <= 100 for error in response.json()["errors"])


async def test_the_number_of_reported_errors_is_limited(client: AsyncClient) -> None:
    body = {f"field {i}": i for i in range(1000)}
    response = await client.post("/api/v1/auth/refresh", json=body)
    assert len(response.json()["errors"]) == 50


@pytest.mark.parametrize("body", ["[" * 10_000, "1" * 5000, '{"a": NaN}', "\xff"])
async def test_malformed_json_is_refused(client: AsyncClient, body: str) -> None:
    response = await client.post(
        "/api/v1/auth/refresh",
        content=body.encode("latin-1"),
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code in (400, 422)
    assert response.headers["Content-Type"] == "application/problem+json"


async def _read_in_pieces(request: Request) -> int:
    return len([piece async for piece in request.stream()])


async def _fail_late(request: Request) -> None:
    with suppress(ClientDisconnect):
        await request.body()
    raise RuntimeError("a mistake of ours")


@pytest.fixture(scope="module")
def reading(make_settings: MakeSettings) -> FastAPI:
    """Return an application with routes that read a body, built once."""
    app = create_app(make_settings())
    app.post("/json")(_echo)
    app.post("/raw")(_read)
    app.post("/pieces")(_read_in_pieces)
    app.post("/fails-late")(_fail_late)
    return app


@pytest.mark.parametrize(
    ("path", "media_type", "content", "status"),
    [
        ("/json", "application/json", b'{"a"', 499),
        ("/raw", "text/plain", b"x", 499),
        ("/pieces", "image/png", b"x", 499),
        ("/api/v1/auth/login", "application/x-www-form-urlencoded", b"user", 499),
        ("/api/v1/auth/login", "multipart/form-data; boundary=x", PART.encode(), 499),
        ("/api/v1/auth/refresh", "application/json", b"{}", 499),
        ("/fails-late", "text/plain", b"x", 500),
    ],
)
async def test_a_client_disconnect_is_not_logged_as_an_error(
    reading: FastAPI,
    make_settings: MakeSettings,
    capsys: pytest.CaptureFixture[str],
    path: str,
    media_type: str,
    content: bytes,
    status: int,
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    assert await leave(reading, path, media_type, content) == [status]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["status"] for line in lines if "status" in line] == [status]
    assert any(line["level"] == "ERROR" for line in lines) == (status == 500)


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 500):
        yield body[start : start + 500]


def _client(app: FastAPI) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app=app), base_url="http://test")
