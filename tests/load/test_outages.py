"""Tests of outages of the database under load: `nox -s outages`."""

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from .conftest import Serve
from .database import Database
from .service import OWNED
from .table import show
from .traffic import PNG, THREADS, Answer, Traffic, traffic

# Seconds: DB_STATEMENT_TIMEOUT, and DB_CONNECT_TIMEOUT for the new connection after it.
# MORE is SQLAlchemy's wait for a connection to close, and a second for everything else.
STATEMENT, CONNECT, MORE = 10, 5, 3
BEFORE, AFTER = 3, 6
LONGEST_RECOVERY = 5


def stopped(database: Database, traffic: Traffic) -> None:
    """Shut down fast, which aborts running statements; start five seconds later."""
    traffic.mark("away")
    database.stop()
    traffic.mark("gone")
    time.sleep(5)
    traffic.mark("returning")
    database.start()


def restarted(database: Database, traffic: Traffic) -> None:
    """Shut down, and start immediately."""
    traffic.mark("away")
    database.stop()
    database.start()


def crashed(database: Database, traffic: Traffic) -> None:
    """Crash, and recover from the log."""
    traffic.mark("away")
    database.stop(signal.SIGQUIT)
    database.start()


def frozen(database: Database, traffic: Traffic) -> None:
    """Suspend the server for longer than the timeouts of a statement and of a connection."""
    traffic.mark("away")
    with database.frozen():
        traffic.mark("gone")
        time.sleep(STATEMENT + CONNECT + MORE + 4)
        traffic.mark("returning")


# The outage, the number of workers, and the maximum seconds of a response.
OUTAGES: dict[str, tuple[Callable[[Database, Traffic], None], int, float]] = {
    "stopped": (stopped, 1, CONNECT + MORE),
    "stopped, 2 workers": (stopped, 2, CONNECT + MORE),
    "frozen": (frozen, 1, STATEMENT + CONNECT + MORE),
    "frozen, 2 workers": (frozen, 2, STATEMENT + CONNECT + MORE),
    "restarted": (restarted, 1, CONNECT + MORE),
    "crashed": (crashed, 1, CONNECT + MORE),
}


@dataclass(frozen=True)
class Outage:
    """The traffic during an outage, with the maximum seconds of a response.

    Attributes:
        picture: the picture that the owner has after it.
    """

    traffic: Traffic
    longest: float
    database: Database
    picture: bytes

    def while_gone(self) -> list[Answer]:
        """Return the responses to requests that began and ended during the outage."""
        # The database responds before `start` returns.
        gone, returning = (self.traffic.moments[name] for name in ("gone", "returning"))
        return [a for a in self.traffic.answers if a.began > gone and a.ended < returning]


@pytest.fixture(scope="module")
def rows() -> Iterator[list[tuple[object, ...]]]:
    """Collect figures, and print them at the end."""
    made: list[tuple[object, ...]] = []
    yield made
    head = ("PostgreSQL is", "request", "statuses (0: broken off)", "longest, s", "well after, s", "memory, MB")
    show("The database goes away", head, made)


@pytest.fixture(scope="module", params=OUTAGES)
def outage(request: pytest.FixtureRequest, postgres: Database, serve: Serve, rows: list[tuple[object, ...]]) -> Outage:
    happen, workers, longest = OUTAGES[request.param]
    with serve(workers=workers) as service:
        owner = service.as_owner()
        with traffic(service, owner) as made:
            time.sleep(BEFORE)
            memory = service.memory()
            happen(postgres, made)
            made.mark("back")
            time.sleep(AFTER)
        memory = service.memory() - memory
        with owner.client() as client:
            picture = client.get("/users/me/picture").content
    for kind in THREADS:
        statuses = ", ".join(f"{status}: {number}" for status, number in made.statuses(kind).items())
        rows.append((request.param, kind, statuses, made.longest(kind), made.recovery(kind), memory))
    return Outage(made, longest, postgres, picture)


def test_the_liveness_check_always_succeeds(outage: Outage) -> None:
    assert outage.traffic.statuses("health").keys() == {200}


def test_every_response_is_a_success_or_503(outage: Outage) -> None:
    for kind in THREADS:
        assert outage.traffic.statuses(kind).keys() <= {200, 201, 503}, kind


def test_a_503_has_a_reason_and_retry_after(outage: Outage) -> None:
    refused = [answer for answer in outage.traffic.answers if answer.status == 503]
    assert refused
    for answer in refused:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["X-Request-ID"] == answer.body["request_id"]
        assert answer.body["detail"] or answer.body["message"] == "The request timed out", answer.body


def test_the_readiness_check_fails_during_the_outage(outage: Outage) -> None:
    if "gone" not in outage.traffic.moments:
        pytest.skip("the outage is too short")
    asked = [answer for answer in outage.while_gone() if answer.kind == "ready"]
    assert asked
    assert {answer.status for answer in asked} == {503}
    assert all(answer.body["detail"] for answer in asked)


def test_no_response_exceeds_the_timeouts(outage: Outage) -> None:
    slow = {kind: s for kind in THREADS if (s := outage.traffic.longest(kind)) > outage.longest}
    assert slow == {}


def test_the_service_recovers_by_itself(outage: Outage) -> None:
    for kind in THREADS:
        recovery = outage.traffic.recovery(kind)
        assert recovery is not None
        assert recovery < LONGEST_RECOVERY, kind
    last = outage.traffic.moments["back"] + LONGEST_RECOVERY
    assert all(answer.good for answer in outage.traffic.answers if answer.began > last)


def test_acknowledged_writes_are_stored_and_refused_ones_are_not(outage: Outage) -> None:
    there = {key for (key,) in outage.database.ask("SELECT split_part(email, '@', 1) FROM users")}
    writes = outage.traffic.of("write")
    assert {answer.key for answer in writes if answer.good} <= there
    # The outcome of a commit in flight when the outage begins is unknown.
    away = outage.traffic.moments["away"]
    assert not {answer.key for answer in writes if not answer.good and answer.began > away} & there


def test_the_picture_uploaded_last_is_there(outage: Outage) -> None:
    last = [answer.key for answer in outage.traffic.of("upload") if answer.good][-1]
    assert outage.picture == PNG + last.encode()


def test_a_list_has_all_rows_of_its_owner(outage: Outage) -> None:
    lists = [answer.body for answer in outage.traffic.of("owned") if answer.good]
    assert {body["total"] for body in lists} == {OWNED}
