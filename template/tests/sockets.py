"""A server with bounded connections, and raw connections to it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.server import ServerState

from app.kit.http.bounds import Bounds
from app.kit.http.protocol import BoundedProtocol

LIMIT = 2048
LONG = 32 * 1024 * 1024
# Seconds: some that a test waits for, and some that it never reaches
SOON, NEVER = 0.3, 60
GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\n"


async def _echo(request: Request) -> Response:
    """Return the request."""
    body = (await request.body()).decode()
    headers = dict(request.headers)
    return JSONResponse({"url": str(request.url), "headers": headers, "body": body})


async def _early(request: Request) -> Response:
    """Respond before the body has arrived."""
    return Response("early")


async def _long(request: Request) -> Response:
    """Return more than a connection buffers."""
    return Response(bytes(LONG))


async def _stream(request: Request) -> Response:
    """Return as much in parts."""
    return StreamingResponse(
        iter([bytes(LONG // 32)] * 32), headers={"Content-Length": str(LONG)}
    )


async def _endless(request: Request) -> Response:
    """Begin a response that does not end."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"begun"
        await asyncio.sleep(NEVER)

    return StreamingResponse(parts())


async def _socket(websocket: WebSocket) -> None:
    """Open a WebSocket until the client closes it."""
    await websocket.accept()
    await websocket.receive()


APP = Starlette(
    routes=[
        Route("/echo", _echo, methods=["GET", "POST"]),
        Route("/early", _early, methods=["POST"]),
        Route("/long", _long),
        Route("/stream", _stream),
        Route("/endless", _endless, methods=["POST"]),
        WebSocketRoute("/socket", _socket),
    ]
)


@dataclass
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


def _answers_in(data: bytes) -> list[Answer]:
    """Return the responses in what a server has sent."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        line, *lines = head.decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers.get("content-length", 0))
        found.append(Answer(int(line.split()[1]), headers, data[:length]))
        data = data[length:]
    return found


def problem_in(answers: list[Answer]) -> int:
    """Return the status of the only response, problem details before the end."""
    [answer] = answers
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == problem["request_id"]
    assert problem["status"] == answer.status
    return answer.status


class Client:
    """A connection to the server."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *parts: bytes) -> None:
        """Send each part in a packet of its own."""
        for part in parts:
            self.writer.write(part)
            await asyncio.sleep(0.001)

    async def answer(self) -> Answer:
        """Read one response."""
        async with asyncio.timeout(NEVER):
            head = await self.reader.readuntil(b"\r\n\r\n")
            [answer] = _answers_in(head)
            length = int(answer.headers.get("content-length", 0))
            answer.body = await self.reader.readexactly(length)
            return answer

    async def answers(self) -> list[Answer]:
        """Read until the server closes the connection."""
        try:
            async with asyncio.timeout(NEVER):
                return _answers_in(await self.reader.read())
        except ConnectionError:
            return []
        finally:
            self.writer.close()


class Server:
    """A server whose connections are bounded."""

    def __init__(self, keep_alive: float, **bounds: Any) -> None:
        # The default of new versions; that of old ones warns.
        config = uvicorn.Config(APP, ws="websockets-sansio", log_config=None)
        config.load()
        config.timeout_keep_alive = keep_alive  # type: ignore[assignment]  # typed as int
        self.bounds = Bounds(**bounds)
        self.state = ServerState()
        self.protocol = partial(
            BoundedProtocol,
            config=config,
            server_state=self.state,
            app_state={},
            bounds=self.bounds,
        )
        self.address: Any = None

    async def connect(self) -> Client:
        """Open a connection."""
        if isinstance(self.address, str):
            return Client(*await asyncio.open_unix_connection(self.address))
        return Client(*await asyncio.open_connection(*self.address))

    async def ask(self, *parts: bytes) -> list[Answer]:
        """Send parts on a new connection, and read until the server closes it."""
        client = await self.connect()
        await client.send(*parts)
        return await client.answers()

    async def until_closed(self) -> None:
        """Wait until no connection and no task is left."""
        async with asyncio.timeout(NEVER):
            while self.state.connections or self.state.tasks:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(
    keep_alive: float = NEVER, path: Path | None = None, **bounds: Any
) -> AsyncIterator[Server]:
    """Serve with the bounds of a test."""
    usual = {"connections": 100, "header_size": LIMIT, "header_timeout": NEVER}
    server = Server(keep_alive, **usual | bounds)
    loop = asyncio.get_running_loop()
    if path:
        listening = await loop.create_unix_server(server.protocol, path)
        server.address = str(path)
    else:
        listening = await loop.create_server(server.protocol, "127.0.0.1", 0)
        server.address = listening.sockets[0].getsockname()
    try:
        yield server
    finally:
        listening.close()
        for each in list(server.state.connections):
            each.transport.abort()
        for task in server.state.tasks:
            task.cancel()
        await server.until_closed()
