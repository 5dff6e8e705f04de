"""Clients whose behaviour httpx cannot simulate."""

import httpx
from fastapi import FastAPI
from starlette.types import Message


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
    request = httpx.Request("POST", f"http://test{path}", headers=headers)
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }
    await app(scope, receive, send)
    return statuses
