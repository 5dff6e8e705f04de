"""Loans over HTTP, and the feed."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.api.wiring import Shared
from app.core.database import DatabaseManager
from app.domain.models.user import User
from tests.conftest import Headers, SignIn

pytestmark = pytest.mark.integration
LOAN = {"copy": "A-1", "due_at": "2030-01-01T00:00:00Z"}


async def test_a_loan_is_created_listed_and_ended(
    client: AsyncClient, as_admin: Headers
) -> None:
    made = await client.post("/api/v1/loans", json=LOAN, headers=as_admin)
    assert made.status_code == 201, made.text
    assert made.headers["X-Branch"].startswith("north.")
    one = f"/api/v1/loans/{made.json()['id']}"
    assert (await client.get(one, headers=as_admin)).headers["ETag"]
    page = await client.get("/api/v1/loans", headers=as_admin)
    assert [item["id"] for item in page.json()["items"]] == [made.json()["id"]]
    assert (await client.delete(one, headers=as_admin)).status_code == 200
    assert (await client.get(one, headers=as_admin)).status_code == 404


async def listen(app: FastAPI, token: str) -> list[str]:
    """Open the feed; return the types of the messages that the service sends."""
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {
        "type": "websocket",
        "path": "/api/v1/feed",
        "raw_path": b"/api/v1/feed",
        "query_string": f"token={token}".encode(),
        "headers": [(b"host", b"test")],
        "subprotocols": [],
        "scheme": "ws",
        "root_path": "",
        "client": ("192.0.2.1", 1),
    }
    await app(scope, receive, send)
    return sent


async def test_the_feed_requires_a_token(
    app: FastAPI, admin: User, sign_in: SignIn
) -> None:
    token = sign_in(admin)["Authorization"].removeprefix("Bearer ")
    greeted = ["websocket.accept", "websocket.send", "websocket.close"]
    assert await listen(app, token) == greeted
    assert await listen(app, "nonsense") == ["websocket.close"]


def test_the_application_has_its_parts(app: FastAPI, database: DatabaseManager) -> None:
    shared: Shared = app.state.shared
    assert shared.database is database
