"""Tests of jobs while workers are killed: each takes effect once, and those of a rollback never run."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from template.conftest import start

from .database import Database, children

JOBS = 10_000
# additional jobs in transactions that are rolled back
ROLLED_BACK = 1_000
# jobs that wait during a restart of the database
LATER = 2_000
WORKERS = 3
# Seconds between two kills; a worker takes one or two to start.
PAUSES = (2.0, 5.0)
FEWEST_KILLS = 5
PATIENCE = 420
SETTINGS = {"ENVIRONMENT": "test", "JOBS_IN_API": "false", "LOG_LEVEL": "INFO", "LOG_FORMAT": "json"}

# Added to the project as its README describes.
JOB = """
from app.kit.queue.job import Job


class Effect(Job):
    name = "effect"

    number: int
"""
HANDLER = """
from sqlalchemy import text

from app.container import Container, RequestScope
from app.domain.jobs.effect import Effect
from app.jobs.registry import JobRouter
from app.core.context import RequestContext

router = JobRouter()


@router.handler(Effect)
async def effect(job: Effect, container: Container, context: RequestContext) -> None:
    async def write(scope: RequestScope) -> None:
        for statement in (
            "INSERT INTO runs VALUES (:number)",
            "INSERT INTO effects VALUES (:number) ON CONFLICT DO NOTHING",
        ):
            await scope.session.execute(text(statement), {"number": job.number})

    await container.in_transaction(context, write)
"""
ADD = """
import asyncio, sys

from app.container import Container
from app.core.config import get_settings
from app.domain.jobs.effect import Effect
from app.core.context import RequestContext


async def add(container, numbers):
    async def all_of_them(scope):
        for number in numbers:
            await scope.jobs.add(Effect(number=number))
        if numbers[0] < 0:
            raise ZeroDivisionError

    try:
        await container.in_transaction(RequestContext("local", "test"), all_of_them)
    except ZeroDivisionError:
        pass


async def main(begin, jobs, rolled_back):
    container = Container(get_settings())
    await container.database.connect()
    for first in range(begin, begin + jobs, 10):
        await add(container, range(first, first + 10))
        if first < begin + rolled_back:
            await add(container, range(-first - 1, -first - 11, -1))
    await container.database.disconnect()


asyncio.run(main(*map(int, sys.argv[1:])))
"""


class Worker:
    """A worker process that is restarted after each kill."""

    def __init__(self, database: Database, log: Path, kept: ExitStack) -> None:
        self._database = database
        self._log = log
        self._kept = kept
        self.start()

    def start(self) -> None:
        command = ("sh", "-c", f'exec "$0" -m app.jobs >> {self._log} 2>&1', self._database.python)
        env = SETTINGS | {"DATABASE_URL": self._database.url}
        self._leash = self._kept.enter_context(start(*command, cwd=self._database.project, **env))

    def kill(self) -> None:
        """Kill it as a power failure would, and start another."""
        for pid in children(self._leash.pid):
            os.kill(pid, signal.SIGKILL)
        self._leash.wait(30)
        self.start()

    def stop(self) -> int:
        """Send SIGTERM; return the exit code."""
        for pid in children(self._leash.pid):
            os.kill(pid, signal.SIGTERM)
        return self._leash.wait(60)


@pytest.fixture(scope="module")
def extended(postgres: Database, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Return the same server with a copy of the project that has an additional job."""
    project = tmp_path_factory.mktemp("jobs") / "project"
    shutil.copytree(postgres.project, project, ignore=shutil.ignore_patterns(".venv", ".git", ".*_cache", ".pgdata"))
    (project / "app/domain/jobs/effect.py").write_text(JOB)
    (project / "app/jobs/effect_jobs.py").write_text(HANDLER)
    postgres.ask("CREATE TABLE effects (number bigint PRIMARY KEY)", "CREATE TABLE runs (number bigint)", "SELECT 1")
    return replace(postgres, project=project)


@pytest.fixture
def kept() -> Iterator[ExitStack]:
    with ExitStack() as kept:
        yield kept


def test_jobs_of_killed_workers_take_effect_exactly_once(extended: Database, kept: ExitStack, tmp_path: Path) -> None:
    chance = random.Random(9)  # noqa: S311 - which worker is killed, and when
    log = tmp_path / "log"
    workers = [Worker(extended, log, kept) for _ in range(WORKERS)]
    env = SETTINGS | {"DATABASE_URL": extended.url}
    adding = kept.enter_context(
        start(extended.python, "-c", ADD, "0", str(JOBS), str(ROLLED_BACK), cwd=extended.project, **env)
    )
    kills, began = 0, time.monotonic()

    def left() -> int:
        return int(extended.ask("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'effect'")[0][0])

    while adding.poll() is None or left() or kills < FEWEST_KILLS:
        assert time.monotonic() - began < PATIENCE, f"{left()} jobs are left; {log.read_text()[-3000:]}"
        time.sleep(chance.uniform(*PAUSES))
        if left() > JOBS // 20 or kills < FEWEST_KILLS:
            chance.choice(workers).kill()
            kills += 1
    assert adding.wait(60) == 0, adding.stdout and adding.stdout.read()
    wait_until(lambda: left() == 0, 90)
    assert [worker.stop() for worker in workers] == [0] * WORKERS

    ((effects, lowest, highest, runs),) = extended.ask(
        "SELECT count(*), min(number), max(number), (SELECT count(*) FROM runs) FROM effects"
    )
    print(f"\n{JOBS} jobs, {kills} kills: {effects} effects of {runs} runs in {time.monotonic() - began:.0f} s")
    assert (effects, lowest, highest) == (JOBS, 0, JOBS - 1)
    assert runs >= JOBS
    assert extended.ask("SELECT count(*) FROM runs WHERE number < 0") == [[0]]
    assert extended.ask("SELECT count(*) FROM pgqueuer WHERE status = 'failed'") == [[0]]
    assert re.findall(r'.*"level": "(?:ERROR|CRITICAL)".*', log.read_text()) == []


def test_a_worker_survives_a_database_restart(extended: Database, kept: ExitStack, tmp_path: Path) -> None:
    log = tmp_path / "log"
    worker = Worker(extended, log, kept)
    wait_until(lambda: log.exists() and "Processing jobs" in log.read_text(), 60)
    extended.stop()
    wait_until(lambda: "Worker paused" in log.read_text(), 60)
    extended.start()
    add(extended, 10_000, 10)
    wait_until(lambda: extended.ask("SELECT count(*) FROM effects WHERE number >= 10000") == [[10]], 60)
    assert worker.stop() == 0
    assert "Traceback" not in log.read_text()


def test_running_jobs_survive_a_database_restart(extended: Database, kept: ExitStack, tmp_path: Path) -> None:
    add(extended, 20_000, LATER)

    def done() -> int:
        return int(extended.ask("SELECT count(*) FROM effects WHERE number >= 20000")[0][0])

    log = tmp_path / "log"
    worker = Worker(extended, log, kept)
    wait_until(lambda: done() > 0, 60)
    extended.stop()
    wait_until(lambda: "Worker paused" in log.read_text(), 60)
    extended.start()
    wait_until(lambda: done() == LATER, 90)
    assert worker.stop() == 0
    assert extended.ask("SELECT count(*) FROM pgqueuer WHERE status = 'failed'") == [[0]]


def add(database: Database, first: int, jobs: int) -> None:
    env = os.environ | SETTINGS | {"DATABASE_URL": database.url}
    command = (database.python, "-c", ADD, str(first), str(jobs), "0")
    subprocess.run(command, cwd=database.project, env=env, check=True)


def wait_until(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.2)
