"""Tests of too large bodies, and of concurrent identical sign-ups: `nox -s outages`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import repeat

import pytest

from .conftest import Serve
from .database import Database
from .service import Service
from .sockets import Answered, begin, chunked
from .table import show

MB = 1024 * 1024
PARTS = [b"x" * MB] * 50
PICTURE = [b"\x89PNG\r\n\x1a\n" + PARTS[0], *PARTS[1:]]
MOST_GROWTH = 4  # MB
EQUAL = 20

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# Method, path and type, and the statuses for an anonymous and for a signed-in client.
ROUTES: dict[str, tuple[str, str, str, int, int]] = {
    "JSON": ("POST", "/users", JSON, 413, 413),
    "the login form": ("POST", "/auth/login", FORM, 413, 413),
    "no such route": ("POST", "/nothing", JSON, 404, 404),
    "a picture": ("PUT", "/users/me/picture", "image/png", 401, 413),
    "an owner's row": ("POST", "/notes", JSON, 413, 413),
    "an owner's list": ("GET", "/notes", JSON, 401, 200),
}
WAYS = ("declared", "chunked")


@pytest.fixture(scope="module")
def rows() -> Iterator[list[tuple[object, ...]]]:
    """Collect figures, and print them at the end."""
    made: list[tuple[object, ...]] = []
    yield made
    show("Bodies of 50 MB", ("to", "length", "by", "status", "sent, MB", "memory grew by, MB"), made)


@pytest.fixture(scope="module")
def service(serve: Serve) -> Iterator[Service]:
    """Yield a service that has handled each kind of request, so that lazy loading is not counted as growth."""
    with serve() as made:
        for method, path, kind, *_ in ROUTES.values():
            _send(made, method, path, made.authorization | {"Content-Type": kind}, "chunked", [PICTURE[0][:1000]])
        yield made


@pytest.mark.parametrize("who", ["anybody", "a user"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("route", ROUTES)
def test_a_too_large_body_is_refused_and_not_held_in_memory(
    route: str, way: str, who: str, service: Service, rows: list[tuple[object, ...]]
) -> None:
    method, path, kind, anybody, user = ROUTES[route]
    headers = {"Content-Type": kind} | (service.authorization if who == "a user" else {})
    kept, before = set(service.uploads.iterdir()), service.peak()
    answer, sent = _send(service, method, path, headers, way, PICTURE if kind == "image/png" else PARTS)
    grown = service.memory("VmHWM") - before
    rows.append((route, way, who, answer.status, sent, grown))
    assert answer.status == (user if who == "a user" else anybody)
    assert answer.whole
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.body["request_id"] == answer.headers["x-request-id"]
    assert grown < MOST_GROWTH
    assert set(service.uploads.iterdir()) == kept


def _send(
    service: Service, method: str, path: str, headers: Mapping[str, str], way: str, parts: list[bytes]
) -> tuple[Answered, int]:
    """Send a body until it ends or is refused; return the response and the MB sent."""
    chunks = iter(parts)
    length = {"Content-Length": str(sum(map(len, parts)))}
    if way == "chunked":
        chunks, length = chunked(chunks), {"Transfer-Encoding": "chunked"}
    request = begin(service.port, method, path, {**headers, **length})
    sent = 0
    with suppress(ConnectionError):
        for chunk in chunks:
            if request.is_answered():
                break
            request.send(chunk)
            sent += len(chunk)
    return request.answer(), sent // MB


def test_one_of_several_identical_concurrent_sign_ups_succeeds(serve: Serve, postgres: Database) -> None:
    email = "twenty@example.com"
    user = {"email": email, "password": "a quiet harbour", "full_name": "Grace Hopper"}
    with serve(workers=2) as service, service.client() as client, ThreadPoolExecutor(EQUAL) as several:
        answers = several.map(lambda json: client.post("/auth/register", json=json).status_code, repeat(user, EQUAL))
        statuses = Counter(answers)
    show(f"{EQUAL} equal sign-ups at once", ("status", "number"), sorted(statuses.items()))
    assert statuses[201] == 1
    assert statuses.keys() <= {201, 409, 429}
    assert postgres.ask(f"SELECT count(*) FROM users WHERE email = '{email}'") == [[1]]  # noqa: S608  # a constant
