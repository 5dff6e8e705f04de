"""Clients whose behaviour httpx cannot simulate."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import Message


async def begin(
    app: FastAPI, path: str, headers: Mapping[str, str], method: str = "GET"
) -> tuple[int, bytes]:
    """Send an empty request; return the status, and the content of an error.

    Any other content is not awaited: a stream may have no end.
    """
    scope = _scope(method, path, headers)
    return await _answer(app, scope, {"type": "http.request", "body": b""})


async def knock(
    app: FastAPI, path: str, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    """Open a WebSocket; return 101 if it is accepted, else the code and the reason."""
    scope = _scope("GET", path, headers) | {"type": "websocket", "subprotocols": []}
    return await _answer(app, scope, {"type": "websocket.connect"})


async def _answer(
    app: FastAPI, scope: dict[str, Any], first: Message
) -> tuple[int, bytes]:
    """Send a message; return the status, and the content unless it succeeds."""
    status, content = 0, b""
    received = [first]

    async def receive() -> Message:
        return received.pop() if received else await asyncio.Future()

    async def send(message: Message) -> None:
        nonlocal status, content
        if message["type"] == "websocket.accept":
            status = 101
        status = message.get("status", message.get("code", status))
        content += message.get("body", message.get("reason", "").encode())
        if status < 400:
            task.cancel()

    task = asyncio.create_task(app(scope, receive, send))
    with suppress(asyncio.CancelledError):
        await task
    return status, content


async def leave(app: FastAPI, path: str, media_type: str, content: bytes) -> list[int]:
    """Send part of a body, disconnect, and return the response statuses."""
    messages: list[Message] = [
        {"type": "http.request", "body": content, "more_body": True},
        {"type": "http.disconnect"},
    ]
    statuses = []

    async def receive() -> Message:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = {"Content-Type": media_type, "Content-Length": "500"}
    await app(_scope("POST", path, headers), receive, send)
    return statuses


def _scope(method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    request = httpx.Request(method, f"http://test{path}", headers=headers)
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }
