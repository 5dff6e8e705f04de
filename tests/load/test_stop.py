"""The service is told to end with requests in flight: `nox -s outages`."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from .conftest import Serve
from .service import Service
from .sockets import Answered, Slow, begin
from .table import show

# Bodies that are sent in parts, with a pause before each.
PARTS, PAUSE = 6, 0.3
HASHES = 24
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(600_000)
# Seconds that ending takes, besides what is in flight: one of them is the last call (app/kit/shutdown.py).
LONGEST_STOP = 3 + 1
# The REQUEST_TIMEOUT of a service that waits for a body which never comes.
PATIENCE = 4


@dataclass(frozen=True)
class Stopped:
    """What became of a service that was told to end, and of what it was doing."""

    service: Service
    answers: list[tuple[str, Answered]]
    code: int
    seconds: float


@pytest.fixture(scope="module")
def rows() -> Iterator[list[tuple[object, ...]]]:
    """Collect figures; print them at the end."""
    made: list[tuple[object, ...]] = []
    yield made
    head = ("workers", "in flight at SIGTERM", "so many", "status", "answer", "ended after, s", "exit code")
    show("The service is told to end", head, made)


@pytest.fixture(scope="module", params=[1, 2], ids=["1 worker", "2 workers"])
def stopped(request: pytest.FixtureRequest, serve: Serve, rows: list[tuple[object, ...]]) -> Stopped:
    with serve(workers=request.param) as service, ThreadPoolExecutor() as several:
        slow = _begin_slowly(service)
        _send(slow, range(PARTS // 2))
        # Two that must not hold it up: a connection that waits, and a request of which half the head came.
        with service.client() as idle, begin(service.port, "GET", "/health", {}, whole=False).connection:
            # It answers before it has made the link that it mails.
            assert idle.post("/auth/forgot-password", json={"email": service.admin}).status_code == 202
            hashing = [_create(service, f"hash-{number}") for number in range(HASHES)]
            time.sleep(PAUSE / 2)
            end = several.submit(service.stop)
            _send(slow, range(PARTS // 2, PARTS))
            answers = [(name, connection.answer()) for name, (connection, _) in slow.items()]
            answers += [("a password to hash", connection.answer()) for connection in hashing]
            made = Stopped(service, answers, *end.result())
    for (name, status, whole), number in Counter((name, a.status, a.whole) for name, a in answers).items():
        how = "whole" if whole else "broken off"
        rows.append((request.param, name, number, status, how, made.seconds, made.code))
    return made


def _create(service: Service, name: str) -> Slow:
    """Send a request that takes its time."""
    user = {"email": f"{name}-{service.port}@example.com", "password": "a quiet harbour", "full_name": "Grace Hopper"}
    body = json.dumps(user).encode()
    connection = _begin(service, "POST", "/users", "application/json", body)
    connection.send(body)
    return connection


def _begin_slowly(service: Service) -> dict[str, tuple[Slow, bytes]]:
    user = {"email": f"slow-{service.port}@example.com", "password": "a quiet harbour", "full_name": "Grace Hopper"}
    form = {"username": service.admin, "password": service.password}
    requests = {
        "JSON, sent slowly": ("POST", "/users", "application/json", json.dumps(user).encode()),
        "a form, sent slowly": ("POST", "/auth/login", "application/x-www-form-urlencoded", urlencode(form).encode()),
        "an upload": ("PUT", "/users/me/picture", "image/png", PICTURE),
    }
    return {name: (_begin(service, *parts), parts[-1]) for name, parts in requests.items()}


def _begin(service: Service, method: str, path: str, kind: str, body: bytes) -> Slow:
    headers = {"Content-Type": kind, "Content-Length": str(len(body))}
    return begin(service.port, method, path, service.authorization | headers)


def _send(slow: dict[str, tuple[Slow, bytes]], numbers: range) -> None:
    for number in numbers:
        time.sleep(PAUSE)
        for connection, body in slow.values():
            size = -(-len(body) // PARTS)
            connection.send(body[number * size : (number + 1) * size])


def test_what_is_in_flight_gets_its_whole_answer(stopped: Stopped) -> None:
    assert [answer.status for _, answer in stopped.answers] == [201, 200, 200, *([201] * HASHES)]
    assert all(answer.whole for _, answer in stopped.answers)


def test_it_ends_well_and_soon(stopped: Stopped) -> None:
    assert stopped.code == 0
    assert stopped.seconds < PARTS * PAUSE + LONGEST_STOP


def test_what_was_promised_is_done(stopped: Stopped) -> None:
    said = stopped.service.log.read_text("utf-8")
    assert f"Mail to {stopped.service.admin}: Choose a new password" in said
    (picture,) = stopped.service.uploads.iterdir()
    assert picture.read_bytes() == PICTURE
    assert '"ERROR"' not in said


@pytest.mark.parametrize("name", ["JSON, sent slowly", "an upload"])
def test_a_body_that_never_comes_does_not_hold_it_up_for_ever(name: str, serve: Serve) -> None:
    with serve(REQUEST_TIMEOUT=str(PATIENCE)) as service:
        slow = _begin_slowly(service)
        connection, body = slow[name]
        connection.send(body[: len(body) // 2])
        time.sleep(PAUSE)
        with ThreadPoolExecutor() as several:
            end = several.submit(service.stop)
            answer = connection.answer()
            code, seconds = end.result()
        assert (answer.status, answer.whole, code) == (503, True, 0)
        assert seconds < PATIENCE + LONGEST_STOP
        assert not list(service.uploads.glob("*"))
