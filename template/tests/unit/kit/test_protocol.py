"""Requests on sockets: what the server refuses, and what it ignores."""

from collections.abc import AsyncIterator

import pytest

from app.kit.http.protocol import MOST_PIPELINED
from app.kit.http.request_head import MOST_HEADERS
from tests.sockets import GET, LAST, LIMIT, POST, Server, problem_in, serving

CHUNKED = b"Transfer-Encoding: chunked\r\n"
EXPECTING = b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a, b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a@b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a:b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: [:::]:80\r\n", 400),
        (b"GET http://a@b/ HTTP/1.1\r\nHost: b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n  2\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: a\r\n", 400),
        (b"get / HTTP/1.1\r\nHost: a\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n", 400),
        (POST + CHUNKED + b"Content-Length: 3\r\n", 400),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n", 400),
        (POST + b"Transfer-Encoding: gzip\r\n", 501),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n", 501),
        (POST + CHUNKED + CHUNKED, 400),
        (b"GET ftp://a HTTP/1.1\r\nHost: a\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n", 505),
        (b"GET /\r\nHost: a\r\n", 505),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * LIMIT + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * MOST_HEADERS, 431),
        (b"GET /" + b"x" * LIMIT + b" HTTP/1.1\r\nHost: a\r\n", 414),
    ],
)
async def test_an_invalid_head_is_refused_with_problem_details(
    server: Server, head: bytes, status: int
) -> None:
    assert problem_in(await server.ask(head + b"\r\n")) == status


@pytest.mark.parametrize(
    ("start", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX", 431),
        (b"GET /", 414),
        (POST + CHUNKED + b"\r\n0\r\nTrailer: ", 431),
        (POST + CHUNKED + b"\r\n1;extension=", 431),
    ],
)
async def test_an_endless_head_or_trailer_is_refused(
    server: Server, start: bytes, status: int
) -> None:
    assert problem_in(await server.ask(start, *[b"x" * 1000] * 3)) == status


async def test_endless_line_ends_before_a_request_are_refused(server: Server) -> None:
    assert problem_in(await server.ask(b"\r\n" * LIMIT)) == 431


async def test_a_head_is_accepted_up_to_the_limit(server: Server) -> None:
    # The limit is on the URL, and on headers with their ": " and line ends.
    fixed = len(b"/echo" + b"Host: a\r\n" + b"Connection: close\r\n" + b"X: \r\n")
    for size, status in ((LIMIT, 200), (LIMIT + 1, 431)):
        filling = b"X: %b\r\n\r\n" % (b"x" * (size - fixed))
        [answer] = await server.ask(LAST[:-2] + filling)
        assert answer.status == status


@pytest.mark.parametrize("offer", [b"h2c", b"TLS/1.0", b"h2c, websocket"])
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: 5\r\n", b"hello"),
        (CHUNKED, b"5\r\nhello\r\n0\r\n\r\n"),
    ],
)
async def test_an_offer_of_another_protocol_is_ignored(
    server: Server, offer: bytes, framing: bytes, body: bytes
) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: %b\r\n" % offer
    head = POST + upgrade + b"HTTP2-Settings: AAMA\r\n" + framing + b"\r\n"
    for parts in ([head, body], [head + body]):
        client = await server.connect()
        await client.send(*parts)
        assert (await client.answer()).json()["body"] == "hello"
        await client.send(LAST)
        assert [answer.status for answer in await client.answers()] == [200]


async def test_the_host_of_an_absolute_url_replaces_the_header(server: Server) -> None:
    for target, url in {
        b"http://b:8000/echo?q": "http://b:8000/echo?q",
        b"HTTP://[::1]:81/echo": "http://[::1]:81/echo",
        b"/echo": "http://a/echo",
    }.items():
        [answer] = await server.ask(LAST.replace(b"/echo", target))
        assert answer.json()["url"] == url


async def test_trailers_are_not_headers(server: Server) -> None:
    client = await server.connect()
    trailers = b"\r\n2\r\nhi\r\n0\r\nAuthorization: x\r\nX-Forwarded-For: y\r\n\r\n"
    await client.send(POST + CHUNKED + trailers)
    echoed = (await client.answer()).json()
    assert echoed["body"] == "hi"
    assert not {"authorization", "x-forwarded-for"} & echoed["headers"].keys()
    client.writer.close()


async def test_blanks_around_a_value_are_no_part_of_it(server: Server) -> None:
    head = POST.replace(b" a\r\n", b"a \r\nTransfer-Encoding:\tchunked \r\nX: 1\t\r\n")
    client = await server.connect()
    await client.send(head + b"\r\n2\r\nhi\r\n0\r\n\r\n")
    echoed = (await client.answer()).json()
    assert (echoed["url"], echoed["headers"]["x"]) == ("http://a/echo", "1")
    assert echoed["body"] == "hi"
    client.writer.close()


async def test_http_1_0_needs_no_host(server: Server) -> None:
    [answer] = await server.ask(b"GET /echo HTTP/1.0\r\n\r\n")
    assert answer.status == 200


async def test_pipelined_requests_are_answered_in_order_up_to_an_invalid_one(
    server: Server,
) -> None:
    requests = [POST + b"Content-Length: 1\r\n\r\n%d" % n for n in range(3)]
    answers = await server.ask(b"".join(requests) + b"wrong\r\n")
    assert [answer.json()["body"] for answer in answers] == ["0", "1", "2"]


async def test_the_number_of_pipelined_requests_is_bounded(server: Server) -> None:
    answers = await server.ask(GET * 2 * MOST_PIPELINED)
    # One is answered while the others wait.
    assert len(answers) == MOST_PIPELINED + 1


async def test_an_invalid_body_is_refused_unless_the_response_has_begun(
    server: Server,
) -> None:
    assert problem_in(await server.ask(POST + CHUNKED + b"\r\n", b"wrong\r\n")) == 400
    client = await server.connect()
    await client.send(POST.replace(b"echo", b"endless") + CHUNKED + b"\r\n")
    assert (await client.answer()).status == 200
    await client.send(b"wrong\r\n")
    assert b"400" not in await client.reader.read()
    client.writer.close()


async def test_a_connection_ends_after_an_expectation(server: Server) -> None:
    client = await server.connect()
    await client.send(POST + EXPECTING)
    assert (await client.answer()).status == 100
    await client.send(b"hi")
    [answer] = await client.answers()
    assert answer.json()["body"] == "hi"
    [answer] = await server.ask(POST.replace(b"echo", b"early") + EXPECTING)
    assert answer.body == b"early"
