"""Tests of the migrations of `mkbackend change` under load, with two releases at once: `nox -s outages`."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from template.conftest import Done, attempt, copy, run

from .database import Database, database
from .service import Service, service
from .table import show
from .things import CHANGE, EXPECTED, FIELDS, FILL, INSERT, LAST, NEW, OLD, Log, Release, clients, plain

# Seconds of a stage in which nothing happens.
PAUSE = 3
LIMIT = 100
# The stages, and the releases whose clients send requests in them.
STAGES = {
    "before": (OLD,),
    "the first migration runs": (OLD,),
    "the new release starts": (OLD,),
    "both releases": (OLD, NEW),
    "the old release stops": (NEW,),
    "the contract runs": (NEW,),
    "the contracted release starts": (NEW,),
    "both later releases": (NEW, LAST),
    "the contracted release": (LAST,),
}
BEFORE, EXPAND, START_NEW, BOTH, STOP_OLD, CONTRACT, START_LAST, BOTH_LATER, END = STAGES


@dataclass
class Rollout:
    """A rollout of three releases on one database."""

    database: Database
    scratch: Path
    running: ExitStack
    log: Log = field(default_factory=Log)
    services: dict[str, Service] = field(default_factory=dict)
    loads: dict[str, ExitStack] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    began: float = 0.0

    def enter(self, stage: str) -> None:
        """Begin a stage."""
        now = time.monotonic()
        self.seconds[self.log.stage] = now - self.began
        self.log.stage, self.began = stage, now

    def start(self, release: Release, project: Path) -> None:
        """Start a release."""
        place = replace(self.database, project=project)
        self.services[release.name] = self.running.enter_context(service(place, self.scratch))

    def send(self, release: Release) -> None:
        """Let clients of a release begin."""
        load = self.loads[release.name] = self.running.enter_context(ExitStack())
        load.enter_context(clients(self.services[release.name], release, self.log))

    def stop(self, release: Release) -> None:
        """Stop a release once its clients are gone, as behind a load balancer."""
        self.loads[release.name].close()
        self.exits[release.name], _ = self.services[release.name].stop()


def alembic(project: Path, where: Database, *words: str) -> Done:
    """Run Alembic on the database."""
    return attempt(where.python.with_name("alembic"), *words, cwd=project, DATABASE_URL=where.url)


@pytest.fixture(scope="module")
def releases(installed: Path, scratch: Path) -> dict[str, Path]:
    """Return a project for each release."""
    made, source = {}, installed
    steps = {OLD: ("add", "thing", *FIELDS), NEW: ("change", "thing", *CHANGE), LAST: ("change", "thing", "--contract")}
    for release, words in steps.items():
        source = made[release.name] = copy(source, scratch / f"things-{release.name}")
        run("git", "init", "--quiet", cwd=source)
        run(sys.executable, "-m", "mkbackend", *words, "--allow-dirty", cwd=source)
    return made


@pytest.fixture(scope="module")
def rollout(releases: dict[str, Path], python: Path, scratch: Path) -> Iterator[Rollout]:
    """Roll out both changes under load, print the figures, and leave the last release running."""
    old, new, last = (releases[release.name] for release in (OLD, NEW, LAST))
    with database(old, python, scratch) as there, ExitStack() as running:
        there.ask(INSERT)
        made = Rollout(there, scratch, running)
        made.start(OLD, old)
        made.enter(BEFORE)
        made.send(OLD)
        time.sleep(PAUSE)
        made.enter(EXPAND)
        expanded = alembic(new, there, "upgrade", "head")
        made.enter(START_NEW)
        made.start(NEW, new)
        made.enter(BOTH)
        made.send(NEW)
        time.sleep(PAUSE)
        made.enter(STOP_OLD)
        made.stop(OLD)
        made.enter(CONTRACT)
        contracted = alembic(last, there, "upgrade", "head")
        made.enter(START_LAST)
        made.start(LAST, last)
        made.enter(BOTH_LATER)
        made.send(LAST)
        time.sleep(PAUSE)
        made.enter(END)
        made.stop(NEW)
        made.loads[LAST.name].close()
        made.enter("")
        show_figures(made)
        assert (expanded.code, contracted.code) == (0, 0), expanded.output + contracted.output
        yield made


def show_figures(rollout: Rollout) -> None:
    """Print the requests of each stage, and the first failures."""
    rows: list[tuple[object, ...]] = []
    counts = rollout.log.counts
    for stage, name in dict.fromkeys((stage, name) for stage, name, _, _ in counts):
        kinds, statuses = Counter[str](), Counter[int]()
        for (*place, kind, status), number in sorted(counts.items()):
            if place == [stage, name]:
                kinds[kind] += number
                statuses[status] += number
        listed = ", ".join(f"{status}: {number}" for status, number in sorted(statuses.items()))
        rows.append((stage, rollout.seconds[stage], name, *(kinds[kind] for kind in EXPECTED), listed))
    head = ("stage", "s", "release", *EXPECTED, "statuses (0: broken off)")
    show("The fields of a resource change", head, rows)
    print(*rollout.log.wrong[:3], sep="\n")


def test_every_request_of_every_release_succeeds(rollout: Rollout) -> None:
    assert {(kind, status) for _, _, kind, status in rollout.log.counts} == {*EXPECTED.items()}
    assert {(stage, release) for stage, release, _, _ in rollout.log.counts} >= {
        (stage, release.name) for stage, several in STAGES.items() for release in several
    }


def test_each_release_shows_what_any_release_has_written(rollout: Rollout) -> None:
    assert rollout.log.wrong == []


def test_releases_stop_cleanly_without_an_error_in_their_logs(rollout: Rollout) -> None:
    assert rollout.exits == {OLD.name: 0, NEW.name: 0}
    lines = [line for one in rollout.services.values() for line in one.log.read_text("utf-8").splitlines()]
    assert [line for line in lines if '"ERROR"' in line] == []


def test_rows_keep_their_values_after_the_contract(rollout: Rollout) -> None:
    with rollout.services[LAST.name].client() as client:
        # From the newest row: the early ones are last.
        numbers = range(1, len(rollout.log.rows) // LIMIT + 2)
        pages = [client.get("/things", params={"limit": LIMIT, "page": number}).json() for number in numbers]
    seen = {row["id"]: plain(row) for page in pages for row in page["items"]}
    assert {key: seen[key] for key in rollout.log.rows} == rollout.log.rows


def test_early_rows_are_filled(rollout: Rollout) -> None:
    right = f"note = '{FILL}' AND likes_bigint = area AND price_decimal_12_4 = area"
    counted = f"SELECT count(*), count(*) FILTER (WHERE {right}) FROM things WHERE title = 'early'"  # noqa: S608 - constants
    assert rollout.database.ask(counted) == [[10_000, 10_000]]


def test_the_contract_has_its_effect(rollout: Rollout, releases: dict[str, Path]) -> None:
    with rollout.services[LAST.name].client() as client:
        codes = [client.post("/things", json=LAST.body(0)).status_code for _ in range(2)]
    assert codes == [201, 409]
    checked = alembic(releases[LAST.name], rollout.database, "check")
    assert "No new upgrade operations detected" in checked.output
