"""Things, whose fields change from release to release, and clients that know the fields of one release."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import httpx

from .service import Service
from .traffic import BROKEN_OFF

# Changes of each kind in one command: both migrations have all of their steps. Longer texts and more digits are not
# among them: they change a type, which can be a 503 once (template/tests/integration/kit/test_schema_changes.py).
FIELDS = (
    *("title:str/80", "slug:str/80", "note:text:null", "likes:int", "price:decimal/10/2", "amount:decimal/10/2"),
    *("status:enum/draft/published=draft", "body:text", "color:str/20", "seat:str/20:null", "code:str/80:unique"),
    *("day:date", "writer:ref/user:null", "area:int"),
)
CHANGE = (
    *("slug:str/80:unique", "note:text", "likes:bigint", "price:decimal/12/4"),
    *("status:enum/+archived", "seat:str/20:null:index", "code:str/80", "day:date:null", "area:int=7"),
    *("--fill", "-", "--rename", "color:shade", "--drop", "body", "--drop", "writer"),
)
# Rows from before the changes: several batches.
INSERT = """
INSERT INTO things (id, title, slug, likes, price, amount, status, body, color, code, day, area)
SELECT gen_random_uuid(), 'early', 'early-' || n, n, n, n, 'draft', '', 'blue', 'early-' || n, '2026-01-01', n
FROM generate_series(1, 10000) AS n
"""
FILL, NARROWEST = "-", 2**31 - 1
# Values in the same form, whichever release sent them.
FORMS: dict[str, Callable[[Any], Any]] = {
    "note": lambda value: value or FILL,
    "likes": int,
    "price": Decimal,
    "amount": Decimal,
}
CLIENTS, PAUSE = 3, 0.03
EXPECTED = {"create": 201, "list": 200, "read": 200, "update": 200}


@dataclass(frozen=True)
class Release:
    """A release of the service: the values that its clients send, and those that they see."""

    name: str
    body: Callable[[int], dict[str, Any]]
    narrow: bool = False

    def sees(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a row as this release shows them."""
        if not self.narrow:
            return row
        price = row["price"].quantize(Decimal("0.01"))
        return row | {"likes": min(row["likes"], NARROWEST), "price": price}


def _body(number: int) -> dict[str, Any]:
    """Return the values that every release accepts."""
    return {
        "title": f"thing {number}",
        "slug": f"slug-{number}",
        "amount": f"{number}.50",
        "status": ("draft", "published")[number % 2],
        "seat": (None, f"seat {number}")[number % 2],
        "code": f"code-{number}",
        "day": "2026-02-28",
        "area": number,
    }


def _old(number: int) -> dict[str, Any]:
    note = (None, "remarkable")[number % 2]
    own = {"note": note, "likes": number, "price": f"{number}.25", "color": "red", "body": "long", "writer_id": None}
    return _body(number) | own


def _new(number: int) -> dict[str, Any]:
    own = {"note": "new", "shade": "green"}
    return _body(number) | own | {"likes": str(NARROWEST + number), "price": f"{number}.0625"}


def _last(number: int) -> dict[str, Any]:
    return _new(number) | {"status": "archived", "day": None}


OLD, NEW, LAST = Release("old", _old, narrow=True), Release("new", _new), Release("contracted", _last)


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a request or response by the names of the last release, without those that it lacks."""
    names = {"color": "shade"}
    known = {names.get(name, name): value for name, value in values.items()}
    shared = {*_new(0)} & {*known}
    return {name: FORMS.get(name, lambda same: same)(known[name]) for name in sorted(shared)}


@dataclass
class Log:
    """All requests by stage, release, kind and status, and the values that the rows must have.

    Attributes:
        stage: the present one.
        free: the ids of rows that no request uses at the moment.
        wrong: responses that lack what was written.
    """

    stage: str = ""
    counts: Counter[tuple[str, str, str, int]] = field(default_factory=Counter)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)
    wrong: list[object] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def row(self, number: int) -> Iterator[str]:
        """Take a row, so that no other request changes it meanwhile."""
        with self.lock:
            key = self.free.pop(number * 7919 % len(self.free))
        yield key
        with self.lock:
            self.free.append(key)


@contextmanager
def clients(service: Service, release: Release, log: Log) -> Iterator[None]:
    """Create, list, read and update things during the block."""
    stop = threading.Event()
    threads = [threading.Thread(target=_use, args=(service, release, log, stop)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _use(service: Service, release: Release, log: Log, stop: threading.Event) -> None:
    with service.client() as client:
        while not stop.wait(PAUSE):
            number = next(log.numbers)
            body = release.body(number)
            made = _send(client, release, log, "create", "POST", "/things", json=body)
            if made is None:
                continue
            log.rows[made["id"]] = plain(body)
            _compare(release, log, made)
            with log.lock:
                log.free.append(made["id"])
            order = ("created_at", "title", "likes", "price", "area")[number % 5]
            asked = {"sort_by": order} | ({"search": f"thing {number % 100}"} if number % 3 == 0 else {})
            _send(client, release, log, "list", "GET", "/things", params=asked)
            with log.row(number) as key:
                answer = _send(client, release, log, "read", "GET", f"/things/{key}")
                if answer is not None:
                    _compare(release, log, answer)
            # All values, or one: the others stay.
            changes = release.body(next(log.numbers)) if number % 2 else {"title": f"other {number}"}
            with log.row(number + 1) as key:
                answer = _send(client, release, log, "update", "PATCH", f"/things/{key}", json=changes)
                if answer is not None:
                    log.rows[key] |= plain(changes)
                    _compare(release, log, answer)


def _send(client: httpx.Client, release: Release, log: Log, kind: str, method: str, url: str, **more: Any) -> Any:
    """Send a request and count its status; return the body, or None if it has failed."""
    stage, answer = log.stage, None
    try:
        answer = client.request(method, url, **more)
        status = answer.status_code
    except httpx.TransportError:
        status = BROKEN_OFF
    with log.lock:
        log.counts[stage, release.name, kind, status] += 1
    if answer is None or status != EXPECTED[kind]:
        log.wrong.append((stage, release.name, kind, status, answer.text if answer else ""))
        return None
    return answer.json()


def _compare(release: Release, log: Log, answer: dict[str, Any]) -> None:
    """Note a difference between a response and what was written."""
    seen, written = plain(answer), release.sees(log.rows[answer["id"]])
    if seen != written:
        log.wrong.append((log.stage, release.name, seen, written))
