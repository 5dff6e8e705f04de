"""A steady mix of requests, with their outcomes."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from .service import Service

# Threads of each kind, the pause between their requests in seconds, and the limits of a run.
THREADS = {"health": 1, "ready": 1, "read": 3, "list": 2, "search": 1, "owned": 1, "login": 2, "write": 2, "upload": 1}
# Sent as a user without rights, the rest as an admin.
OWNERS = {"owned", "login", "upload"}
PAUSE = 0.1
LONGEST_RUN = 90
MOST_REQUESTS = 2_000
BROKEN_OFF = 0
# The beginning of a picture; its size does not matter to an outage of the database.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100_000)


@dataclass(frozen=True)
class Answer:
    """The outcome of a request; `status` is 0 if the connection broke off.

    Attributes:
        key: unique; in what the request writes, if it does.
    """

    kind: str
    key: str
    began: float
    ended: float
    status: int
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: Any = None

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Traffic:
    """All responses so far, and the times of events."""

    answers: list[Answer]
    moments: dict[str, float] = field(default_factory=dict)

    def mark(self, what: str) -> None:
        self.moments[what] = time.monotonic()

    def of(self, kind: str) -> list[Answer]:
        return [answer for answer in self.answers if answer.kind == kind]

    def statuses(self, kind: str) -> dict[int, int]:
        return dict(sorted(Counter(answer.status for answer in self.of(kind)).items()))

    def longest(self, kind: str) -> float:
        return max(answer.seconds for answer in self.of(kind))

    def recovery(self, kind: str) -> float | None:
        """Return the seconds from the end of the outage to the first success of this kind."""
        back = self.moments["back"]
        return min(
            (answer.ended - back for answer in self.of(kind) if answer.good and answer.ended > back), default=None
        )


@contextmanager
def traffic(service: Service, owner: Service) -> Iterator[Traffic]:
    """Send requests during the block."""
    made, stop = Traffic([]), threading.Event()
    end = time.monotonic() + LONGEST_RUN

    def send(kind: str) -> None:
        user = owner if kind in OWNERS else service
        with user.client() as client:
            for _ in range(MOST_REQUESTS):
                made.answers.append(request(user, client, kind))
                if stop.wait(PAUSE) or time.monotonic() > end:
                    break

    threads = [threading.Thread(target=send, args=(kind,)) for kind, number in THREADS.items() for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def request(user: Service, client: httpx.Client, kind: str) -> Answer:
    """Send one request."""
    key = uuid4().hex
    began = time.monotonic()
    try:
        answer = SENDERS[kind](user, client, key)
        body = answer.json()
    except httpx.TransportError:
        return Answer(kind, key, began, time.monotonic(), BROKEN_OFF)
    return Answer(kind, key, began, time.monotonic(), answer.status_code, answer.headers, body)


def _create(_: Service, client: httpx.Client, key: str) -> httpx.Response:
    user = {"email": f"{key}@example.com", "password": "a quiet harbour", "full_name": "Grace Hopper"}
    return client.post("/users", json=user)


def _upload(_: Service, client: httpx.Client, key: str) -> httpx.Response:
    return client.put("/users/me/picture", content=PNG + key.encode())


SENDERS: dict[str, Callable[[Service, httpx.Client, str], httpx.Response]] = {
    "health": lambda user, client, key: client.get("/health"),
    "ready": lambda user, client, key: client.get("/health/ready"),
    "read": lambda user, client, key: client.get("/users/me"),
    "list": lambda user, client, key: client.get("/users"),
    "search": lambda user, client, key: client.get("/users?search=example"),
    "owned": lambda user, client, key: client.get("/notes"),
    "login": lambda user, client, key: client.post("/auth/login", data=user.login),
    "write": _create,
    "upload": _upload,
}
