"""Tests of the list of users with a million users: `nox -s scale`. Figures are of whole requests over HTTP."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from template.conftest import run

from .conftest import Serve
from .database import Database
from .service import Service
from .table import show

USERS = 1_000_000
DEPTH = 900_000
# After five executions PostgreSQL may switch to a generic plan: the warm-up reaches that on each connection.
CONNECTIONS = 4
WARM_UP = 8
REQUESTS = 32
SLOWEST_SEARCH = 20  # ms more than page 1
# Higher limits where ten thousand rows must be found and compared for the count.
SLOWEST_BROAD = {"5 % of all": 100, "everywhere": 40}
MOST_AT_DEPTH = 2.0  # times page 1

SORTS = [(column, order) for column in ("created_at", "updated_at", "email", "full_name") for order in ("desc", "asc")]
# The search term and the number of matches. The newest users come first.
SEARCHES = {
    "one user": ("quixworth", 1),
    "a family name": ("isoford", 205),
    "a full e-mail": ("", 1),
    "5 % of all": ("maria", 10_000),
    "everywhere": ("example", 10_000),
    "nowhere": ("xylophone", 0),
    "only the oldest 5,000": ("methuselah", 5_000),
}
# Lets the service create a cursor at a position from the database.
CURSOR = """
import sys
from uuid import UUID
from app.container import Container
from app.core.config import get_settings
from app.domain.schemas.user import UserListParams
from app.utils.pagination import Position

value, id = sys.argv[1:]
scope = f"users {UserListParams().scope}"
print(Container(get_settings()).cursors.write(Position(value, UUID(id)), scope))
"""


@dataclass(frozen=True)
class Figure:
    """A page, and the ms that it took.

    `busy` is the CPU time of service and database together, which a busy machine hardly changes.
    """

    page: dict[str, Any]
    median: float
    fastest: float
    busy: float


@dataclass(frozen=True)
class Stopwatch:
    """A timer for pages of the list, on several warm connections."""

    service: Service
    database: Database

    def time(self, **query: object) -> Figure:
        with self.service.client() as client:
            ask = partial(_ask, client, query)
            with ThreadPoolExecutor(CONNECTIONS) as several:
                list(several.map(lambda _: ask(), range(CONNECTIONS * WARM_UP)))
            busy = self._busy()
            answers = [ask() for _ in range(REQUESTS)]
            busy = self._busy() - busy
        taken = [ms for _, ms in answers]
        return Figure(answers[0][0], statistics.median(taken), min(taken), busy / REQUESTS)

    def _busy(self) -> float:
        """Return the CPU time in ms of the service and its database connections."""
        pids = self.service.processes() + self.database.processes()
        return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e6


def _ask(client: httpx.Client, query: dict[str, Any]) -> tuple[dict[str, Any], float]:
    began = time.perf_counter()
    answer = client.get("/users", params=query)
    ms = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, answer.text
    return answer.json(), ms


@pytest.fixture(scope="module")
def million(postgres: Database) -> Database:
    """Fill the database; indexes are created afterwards, which is faster."""
    postgres.ask(*Path(__file__).with_name("users.sql").read_text("utf-8").split("\n\n"))
    return postgres


@pytest.fixture(scope="module")
def figures(million: Database, serve: Serve) -> dict[str, Figure]:
    """Time all pages once, and print the figures."""
    with serve() as service:
        figures = dict(_all_figures(Stopwatch(service, million), million))
    head = ("ms of a request", "median", "fastest", "busy", "total", "items")
    rows = [(name, f.median, f.fastest, f.busy, _total(f.page), len(f.page["items"])) for name, f in figures.items()]
    show(f"{USERS:,} users, {REQUESTS} requests each on {CONNECTIONS} connections", head, rows)
    return figures


def _all_figures(stopwatch: Stopwatch, database: Database) -> Iterator[tuple[str, Figure]]:
    yield "page 1", stopwatch.time()
    yield "page 1 of 1 item (the count)", stopwatch.time(limit=1)
    yield "page 250 by number", stopwatch.time(page=250, limit=20)
    yield "the last by number", stopwatch.time(page=500, limit=20)
    for depth in (20, DEPTH):
        yield f"cursor at {depth:,}", stopwatch.time(cursor=_cursor(database, depth))
    for column, order in SORTS:
        yield f"by {column}, {order}", stopwatch.time(sort_by=column, sort_order=order)
    ((email,),) = database.ask("SELECT email FROM users ORDER BY created_at OFFSET 600000 LIMIT 1")
    for name, (term, _) in SEARCHES.items():
        query = {"search": term or email}
        yield name, (first := stopwatch.time(**query))
        if cursor := first.page["next_cursor"]:
            yield f"{name}, by cursor", stopwatch.time(**query, cursor=cursor)


def _cursor(database: Database, depth: int) -> str:
    """Return a cursor of the service at the row at this depth."""
    order = "ORDER BY created_at DESC, id DESC"
    query = f"SELECT created_at, id FROM users {order} OFFSET {depth - 1} LIMIT 1"  # noqa: S608  # our own number
    (place,) = database.ask(query)
    return run(database.python, "-c", CURSOR, *place, cwd=database.project).strip()


def _total(page: dict[str, Any]) -> str:
    return "" if page["total"] is None else f"{page['total']}{'+' if page['total_capped'] else ''}"


def test_a_cursor_costs_the_same_at_any_depth(figures: dict[str, Figure]) -> None:
    assert figures[f"cursor at {DEPTH:,}"].median <= MOST_AT_DEPTH * figures["page 1"].median
    assert len(figures[f"cursor at {DEPTH:,}"].page["items"]) == 20


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_fast_and_counts_exactly(figures: dict[str, Figure], name: str) -> None:
    _, total = SEARCHES[name]
    assert figures[name].page["total"] == total
    most = figures["page 1"].median + SLOWEST_BROAD.get(name, SLOWEST_SEARCH)
    slow = {n: f.median for n, f in figures.items() if n.startswith(name) and f.median > most}
    assert slow == {}


@pytest.mark.parametrize(
    "name", ["page 1", "page 250 by number", "the last by number", *(f"by {c}, {o}" for c, o in SORTS)]
)
def test_a_page_is_counted_to_the_cap(figures: dict[str, Figure], name: str) -> None:
    page = figures[name].page
    assert (page["total"], page["total_capped"], len(page["items"])) == (10_000, True, 20)
