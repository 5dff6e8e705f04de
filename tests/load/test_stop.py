"""Tests of SIGTERM with requests in flight: `nox -s outages`."""

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

# Bodies are sent in parts, with a pause before each.
PARTS, PAUSE = 6, 0.3
HASHES = 24
# Logins of one user at once, as many as the rate limit allows beside the slow one; lists
LOGINS, LISTS = 4, 24
FORM = "application/x-www-form-urlencoded"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(600_000)
# Seconds for the shutdown after the requests in flight; one is the drain delay (app/kit/shutdown.py).
LONGEST_STOP = 3 + 1
# REQUEST_TIMEOUT of a service that waits for a body
PATIENCE = 4


@dataclass(frozen=True)
class Stopped:
    """The outcome of a shutdown, with the responses to the requests in flight."""

    service: Service
    answers: list[tuple[str, Answered]]
    code: int
    seconds: float


@pytest.fixture(scope="module")
def rows() -> Iterator[list[tuple[object, ...]]]:
    """Collect figures, and print them at the end."""
    made: list[tuple[object, ...]] = []
    yield made
    head = ("workers", "in flight at SIGTERM", "number", "status", "answer", "exited after, s", "exit code")
    show("SIGTERM with requests in flight", head, made)


@pytest.fixture(scope="module", params=[1, 2], ids=["1 worker", "2 workers"])
def stopped(request: pytest.FixtureRequest, serve: Serve, rows: list[tuple[object, ...]]) -> Stopped:
    with serve(workers=request.param) as service, ThreadPoolExecutor() as several:
        owner = service.as_owner().authorization
        slow = _begin_slowly(service)
        _send(slow, range(PARTS // 2))
        # Two connections that must not delay the exit: an idle one, and one with an incomplete head.
        with service.client() as idle, begin(service.port, "GET", "/health", {}, whole=False).connection:
            # The response precedes the creation of the mailed link.
            assert idle.post("/auth/forgot-password", json={"email": service.email}).status_code == 202
            fast = [("a password to hash", _create(service, f"hash-{number}")) for number in range(HASHES)]
            fast += [("a login", _login(service)) for _ in range(LOGINS)]
            time.sleep(PAUSE / 2)
            fast += [("an owner's list", begin(service.port, "GET", "/notes", owner)) for _ in range(LISTS)]
            end = several.submit(service.stop)
            _send(slow, range(PARTS // 2, PARTS))
            answers = [(name, connection.answer()) for name, (connection, _) in slow.items()]
            answers += [(name, connection.answer()) for name, connection in fast]
            made = Stopped(service, answers, *end.result())
    for (name, status, whole), number in Counter((name, a.status, a.whole) for name, a in answers).items():
        how = "whole" if whole else "broken off"
        rows.append((request.param, name, number, status, how, made.seconds, made.code))
    return made


def _create(service: Service, name: str) -> Slow:
    """Send a request that takes long, as it hashes a password."""
    user = {"email": f"{name}-{service.port}@example.com", "password": "a quiet harbour", "full_name": "Grace Hopper"}
    return _begin_and_send(service, "/users", "application/json", json.dumps(user).encode())


def _login(service: Service) -> Slow:
    """Send a login, which takes as long."""
    return _begin_and_send(service, "/auth/login", FORM, urlencode(service.login).encode())


def _begin_and_send(service: Service, path: str, kind: str, body: bytes) -> Slow:
    connection = _begin(service, "POST", path, kind, body)
    connection.send(body)
    return connection


def _begin_slowly(service: Service) -> dict[str, tuple[Slow, bytes]]:
    user = {"email": f"slow-{service.port}@example.com", "password": "a quiet harbour", "full_name": "Grace Hopper"}
    requests = {
        "JSON, sent slowly": ("POST", "/users", "application/json", json.dumps(user).encode()),
        "a form, sent slowly": ("POST", "/auth/login", FORM, urlencode(service.login).encode()),
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


def test_requests_in_flight_get_complete_responses(stopped: Stopped) -> None:
    created, others = [201] * HASHES, [200] * (LOGINS + LISTS)
    assert [answer.status for _, answer in stopped.answers] == [201, 200, 200, *created, *others]
    assert all(answer.whole for _, answer in stopped.answers)


def test_the_service_exits_cleanly_and_soon(stopped: Stopped) -> None:
    assert stopped.code == 0
    assert stopped.seconds < PARTS * PAUSE + LONGEST_STOP


def test_mails_and_uploads_in_flight_are_completed(stopped: Stopped) -> None:
    output = stopped.service.log.read_text("utf-8")
    assert f"Mail to {stopped.service.email}: Choose a new password" in output
    (picture,) = stopped.service.uploads.iterdir()
    assert picture.read_bytes() == PICTURE
    assert '"ERROR"' not in output


@pytest.mark.parametrize("name", ["JSON, sent slowly", "an upload"])
def test_a_stalled_body_delays_the_exit_only_until_its_timeout(name: str, serve: Serve) -> None:
    with serve(REQUEST_TIMEOUT=str(PATIENCE)) as service:
        slow = _begin_slowly(service)
        connection, body = slow[name]
        connection.send(body[: len(body) // 2])
        time.sleep(PAUSE)
        with ThreadPoolExecutor() as several:
            end = several.submit(service.stop)
            answer = connection.answer()
            code, seconds = end.result()
        assert (answer.status, answer.whole, code) == (408, True, 0)
        assert seconds < PATIENCE + LONGEST_STOP
        assert not list(service.uploads.glob("*"))
