"""What surrounds every request. No database is needed to answer 404."""

import json
import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from httpx import AsyncClient

from app.core.logging import setup_logging
from tests.conftest import MakeSettings

ORIGIN = {"Origin": "http://localhost:3000"}


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    """The application, with routes that fail."""

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError("the password is hunter2")

    @app.get("/breaks-off")
    async def breaks_off() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"begun"
            raise RuntimeError("in the middle")

        return StreamingResponse(chunks())

    return app


async def test_a_plain_request_id_is_kept(client: AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"X-Request-ID": "a-B_3.c"})
    assert answer.headers["X-Request-ID"] == "a-B_3.c"
    assert answer.json()["request_id"] == "a-B_3.c"


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "<script>", "{0}"])
async def test_any_other_request_id_is_replaced(
    client: AsyncClient, given: str
) -> None:
    answer = await client.get("/nowhere", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


async def test_an_unexpected_error_is_a_problem_with_all_headers(
    client: AsyncClient,
) -> None:
    answer = await client.get("/fails", headers=ORIGIN)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert "hunter2" not in answer.text


async def test_an_answer_that_has_begun_is_broken_off(client: AsyncClient) -> None:
    with pytest.raises(RuntimeError, match="in the middle"):
        await client.get("/breaks-off")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PUT", "/api/v1/health", 405)],
)
async def test_the_routers_own_errors_are_problems(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    body = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == body["status_code"] == answer.status_code == status
    assert body["type"] == "about:blank"
    assert body["title"] == body["message"]
    assert body["instance"] == path


async def test_a_foreign_site_gets_no_permission(client: AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


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
