"""Connections that are slow, idle or too many."""

import asyncio
import socket
from pathlib import Path

import pytest

from app.kit.http import bounds, connection
from app.kit.http.bounds import bounds_of
from tests.conftest import MakeSettings
from tests.sockets import GET, LAST, LONG, POST, SOON, problem_in, serving

EARLY, ENDLESS = POST.replace(b"echo", b"early"), POST.replace(b"echo", b"endless")
BODY = b"Content-Length: 2\r\n\r\n"
WEBSOCKET = (
    b"GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_a_half_sent_head_is_refused_in_time() -> None:
    async with serving(header_timeout=SOON) as server:
        assert problem_in(await server.ask(*[b"%c" % byte for byte in GET[:9]])) == 408


async def test_an_idle_connection_is_closed_in_time() -> None:
    async with serving(header_timeout=SOON) as server:
        assert await server.ask() == []
    async with serving(keep_alive=SOON) as server:
        assert [answer.status for answer in await server.ask(GET)] == [200]


async def test_line_ends_do_not_keep_a_connection_open() -> None:
    async with serving(keep_alive=SOON, header_timeout=SOON) as server:
        answers = await server.ask(GET, b"\r\n")
        assert [answer.status for answer in answers] == [200, 408]


async def test_the_rest_of_a_body_is_not_awaited_after_the_response() -> None:
    async with serving(keep_alive=SOON, header_timeout=SOON) as server:
        [answer] = await server.ask(EARLY + BODY, b"h")
        assert answer.body == b"early"


async def test_a_body_may_take_longer_than_the_headers() -> None:
    async with serving(header_timeout=SOON) as server:
        client = await server.connect()
        await client.send(POST + BODY, b"h")
        await asyncio.sleep(2 * SOON)
        await client.send(b"i")
        assert (await client.answer()).json()["body"] == "hi"
        client.writer.close()


@pytest.mark.parametrize("path", [b"long", b"stream"])
async def test_a_client_that_reads_nothing_is_disconnected(
    monkeypatch: pytest.MonkeyPatch, path: bytes
) -> None:
    monkeypatch.setattr(connection, "STALL", SOON)
    async with serving() as server:
        client = await server.connect()
        await client.send(GET.replace(b"echo", path))
        await client.reader.readuntil(b"\r\n")
        await server.until_closed()
        client.writer.close()


@pytest.mark.parametrize("path", [b"long", b"stream"])
async def test_a_client_that_reads_slowly_gets_the_whole_response(
    monkeypatch: pytest.MonkeyPatch, path: bytes
) -> None:
    monkeypatch.setattr(connection, "STALL", SOON)
    async with serving(keep_alive=SOON, header_timeout=SOON) as server:
        client = await server.connect()
        [its] = server.state.connections
        # Else the system passes on much at once, and nothing for a while.
        receiver = client.writer.get_extra_info("socket")
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        sender = its.transport.get_extra_info("socket")
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**16)
        await client.send(LAST.replace(b"echo", path))
        read, loop = b"", asyncio.get_running_loop()
        end = loop.time() + 4 * SOON
        while loop.time() < end:
            read += await client.reader.read(2**16)
            await asyncio.sleep(0.01)
        rest = await client.reader.read()
        assert len((read + rest).partition(b"\r\n\r\n")[2]) == LONG
        client.writer.close()


async def test_a_refused_client_that_stays_is_disconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "LINGER", SOON)
    async with serving() as server:
        client = await server.connect()
        await client.send(b"wrong\r\n", b"and more")
        assert (await client.answer()).status == 400
        await server.until_closed()
        client.writer.close()


async def test_beyond_the_maximum_the_most_idle_connection_is_closed() -> None:
    async with serving(connections=3) as server:
        half_sent, half_body, idle = [await server.connect() for _ in range(3)]
        await half_sent.send(GET[:9])
        await half_body.send(POST + BODY, b"h")
        await idle.send(GET)
        assert (await idle.answer()).status == 200
        newer = []
        for silent in (half_sent, half_body, idle):
            newer.append(await server.connect())
            assert await silent.answers() == []
        await newer[0].send(GET)
        assert (await newer[0].answer()).status == 200
        for client in newer:
            client.writer.close()


async def test_a_connection_at_work_is_not_closed_for_another() -> None:
    async with serving(connections=1) as server:
        client = await server.connect()
        await client.send(ENDLESS + b"\r\n")
        assert (await client.answer()).status == 200
        [answer] = await server.ask(GET)
        assert problem_in([answer]) == 503
        assert answer.headers["retry-after"]
        assert not client.reader.at_eof()
        client.writer.close()


async def test_a_websocket_stays_open() -> None:
    async with serving(keep_alive=SOON, header_timeout=SOON, connections=1) as server:
        client = await server.connect()
        await client.send(WEBSOCKET)
        assert (await client.answer()).status == 101
        await asyncio.sleep(3 * SOON)
        assert problem_in(await server.ask(GET)) == 503
        assert not client.reader.at_eof()
        client.writer.close()


async def test_a_websocket_is_not_opened_before_earlier_responses() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.send(GET + WEBSOCKET)
        assert [(await client.answer()).status for _ in range(2)] == [200, 404]
        client.writer.close()
        await server.until_closed()
        assert not server.bounds.waiting


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (WEBSOCKET.replace(b"GET", b"POST"), b"", 404),
        (WEBSOCKET.replace(b"Host", b"Content-Length: 2\r\nHost"), b"hi", 404),
        (WEBSOCKET.replace(b"Host", b"X: %b\r\nHost" % (b"x" * 9000)), b"", 400),
    ],
)
async def test_an_invalid_offer_of_a_websocket_gets_a_response(
    head: bytes, body: bytes, status: int
) -> None:
    async with serving(header_size=16_384) as server:
        client = await server.connect()
        await client.send(head.replace(b"/socket", b"/nowhere"), body)
        assert (await client.answer()).status == status
        client.writer.close()


async def test_a_shutdown_closes_connections_without_a_whole_request() -> None:
    async with serving() as server:
        silent, half_sent, used = [await server.connect() for _ in range(3)]
        await half_sent.send(GET[:9])
        await used.send(GET)
        assert (await used.answer()).status == 200
        for each in list(server.state.connections):
            each.shutdown()
        for client in (silent, half_sent, used):
            assert await client.answers() == []


async def test_a_unix_socket_is_bounded_likewise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Relative, as the path of a socket may have about 100 bytes only.
    monkeypatch.chdir(tmp_path)
    async with serving(path=Path("socket")) as server:
        assert [answer.status for answer in await server.ask(LAST)] == [200]
        assert problem_in(await server.ask(b"wrong\r\n")) == 400


@pytest.mark.parametrize(("open_files", "connections"), [(1200, 500), (200, 100)])
def test_half_of_the_open_files_are_for_connections(
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    open_files: int,
    connections: int,
) -> None:
    monkeypatch.setattr(bounds, "_most_open_files", lambda: open_files)
    assert bounds_of(make_settings(MAX_CONNECTIONS=500)).connections == connections
