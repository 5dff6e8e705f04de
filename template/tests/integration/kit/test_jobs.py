"""Jobs in a real queue: transactional, retried and run once."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pgqueuer import Queries
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.container import Container, RequestScope
from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.logging import setup_logging
from app.domain.jobs.account import SendMail
from app.domain.jobs.purge import Purge
from app.jobs.__main__ import liveness_file, main, work
from app.jobs.registry import kinds
from app.kit.mail import Mail, MailNotSentError
from app.kit.queue import worker
from app.kit.queue.driver import queue, queue_within
from app.kit.queue.job import Job
from app.kit.queue.listening import listening
from app.kit.queue.store import JobQueue
from app.kit.queue.worker import Worker, working
from scripts.jobs import describe, retry
from tests.conftest import MakeSettings
from tests.jobs import do_waiting_jobs, next_jobs

pytestmark = pytest.mark.integration
CONTEXT = RequestContext("192.0.2.1", "request-1")
MAIL = SendMail(to="ada@example.com", subject="Hello", text="Hello, Ada")


class Mailer:
    """A mailer that keeps mails, or fails unless `well`."""

    def __init__(self) -> None:
        self.well = True
        self.tries = 0
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.tries += 1
        if not self.well:
            raise MailNotSentError("SMTPConnectError")
        self.mails.append(mail)


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


@pytest.fixture
def container(
    fresh_database: Settings, elsewhere: DatabaseManager, mailer: Mailer
) -> Container:
    container = Container(fresh_database)
    container.database = elsewhere
    container.mailer = mailer
    return container


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limit jobs to two attempts without backoff."""
    monkeypatch.setattr(worker, "FIRST_PAUSE", worker.FIRST_PAUSE * 0)
    monkeypatch.setattr(SendMail, "tries", 2)


async def test_a_job_is_queued_by_the_commit_and_not_after_a_rollback(
    container: Container,
) -> None:
    async def add_and_fail(scope: RequestScope) -> None:
        await scope.jobs.add(MAIL)
        assert await scope.jobs.count()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await container.in_transaction(CONTEXT, add_and_fail)
    assert await _count(container) == {}
    await _add(container, MAIL)
    assert await _count(container) == {("send-mail", "queued"): 1}


async def test_a_worker_runs_an_added_job(container: Container, mailer: Mailer) -> None:
    async with working(container, kinds()):
        await _add(container, MAIL)
        await _until(lambda: mailer.mails)
    assert mailer.mails == [Mail(MAIL.to, MAIL.subject, MAIL.text)]
    assert await _count(container) == {}


async def test_a_worker_takes_no_connection_from_the_pool_while_it_waits(
    container: Container, narrow: DatabaseManager, mailer: Mailer
) -> None:
    container.database = narrow
    async with working(container, kinds()):
        await _add(container, MAIL)
        await _until(lambda: mailer.mails)
        assert await narrow.ping() == "read-write"


async def test_several_workers_run_each_job_once(
    container: Container, mailer: Mailer
) -> None:
    for number in range(60):
        await _add(container, MAIL.model_copy(update={"subject": str(number)}))
    async with (
        working(container, kinds()),
        working(container, kinds()),
        working(container, kinds()),
    ):
        await _until(lambda: len(mailer.mails) >= 60)
    subjects = sorted(int(mail.subject) for mail in mailer.mails)
    assert subjects == list(range(60))


@pytest.mark.usefixtures("impatient")
async def test_a_job_out_of_attempts_waits_for_an_operators_retry(
    container: Container, mailer: Mailer
) -> None:
    mailer.well = False
    await _add(container, MAIL)
    async with working(container, kinds()):
        await _until(lambda: mailer.tries == 2)
    output = await container.in_transaction(CONTEXT, describe)
    assert "1  failed  send-mail" in output
    assert "MailNotSentError: SMTPConnectError" in output
    assert MAIL.to not in output

    mailer.well = True
    assert "None" in await container.in_transaction(CONTEXT, lambda w: retry(w, ["0"]))
    assert "Queued again" in await container.in_transaction(
        CONTEXT, lambda scope: retry(scope, ["all"])
    )
    async with working(container, kinds()):
        await _until(lambda: mailer.mails)
    assert "No jobs" in await container.in_transaction(CONTEXT, describe)


@pytest.mark.usefixtures("impatient")
async def test_reports_of_failed_jobs_have_no_personal_data(
    container: Container,
    mailer: Mailer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def quote(mail: Mail) -> None:
        raise RuntimeError(f"DETAIL: Key (email)=({mail.to}) already exists.")

    setup_logging(container.settings)
    monkeypatch.setattr(mailer, "send", quote)
    await _add(container, MAIL)
    async with container.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO pgqueuer (priority, status, entrypoint, payload) "
                "VALUES (0, 'queued', 'send-mail', :payload)"
            ),
            {"payload": MAIL.model_dump_json(exclude={"text"}).encode()},
        )
    async with working(container, kinds()):
        await _until_failed(container, 2)
    output = await container.in_transaction(CONTEXT, describe) + capsys.readouterr().out
    assert "DETAIL" in output
    assert "ValidationError" in output
    assert MAIL.to not in output


async def test_all_failed_copies_of_a_job_added_once_are_retried(
    container: Container,
) -> None:
    fail = text("UPDATE pgqueuer SET status = 'failed'")
    for _ in range(2):
        await container.in_transaction(
            CONTEXT, lambda scope: scope.jobs.add_once(Purge())
        )
        async with container.database.transaction() as session:
            await session.execute(fail)
    await container.in_transaction(CONTEXT, lambda scope: scope.jobs.add_once(Purge()))
    await container.in_transaction(CONTEXT, lambda scope: retry(scope, ["all"]))
    assert await _count(container) == {("purge", "queued"): 3}


async def test_a_failed_job_is_retried_after_a_backoff(
    container: Container, mailer: Mailer
) -> None:
    mailer.well = False
    await _add(container, MAIL)
    async with working(container, kinds()):
        await _until(lambda: mailer.tries == 1)
    pause = text("SELECT execute_after - updated > '3 s' FROM pgqueuer")
    async with container.database.reading() as session:
        assert await session.scalar(pause)


async def test_a_failure_that_cannot_be_stored_is_retried(
    container: Container, mailer: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "DEAD_AFTER", worker.DEAD_AFTER / 30)
    monkeypatch.setattr(worker, "LOOK_AFTER", worker.LOOK_AFTER / 50)

    async def find_no_database(*_: object) -> None:
        mailer.well = True
        raise DBAPIError("UPDATE", None, OSError(), connection_invalidated=True)

    monkeypatch.setattr(Queries, "retry_job", find_no_database)
    mailer.well = False
    await _add(container, MAIL)
    async with working(container, kinds()):
        await _until(lambda: mailer.mails)
    assert await _count(container) == {}


async def test_a_stopped_worker_finishes_running_jobs(
    container: Container, mailer: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def send_slowly(mail: Mail) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        mailer.mails.append(mail)

    monkeypatch.setattr(mailer, "send", send_slowly)
    await _add(container, MAIL)
    async with working(container, kinds()):
        await begun.wait()
        assert not mailer.mails
    assert mailer.mails
    assert await _count(container) == {}


async def test_a_job_that_times_out_is_retried(
    container: Container, mailer: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: Mail) -> None:
        mailer.tries += 1
        await asyncio.sleep(60)

    monkeypatch.setattr(mailer, "send", hang)
    monkeypatch.setattr(SendMail, "seconds", 0.1)
    await _add(container, MAIL)
    async with working(container, kinds()):
        await _until(lambda: mailer.tries == 1)
    assert await _count(container) == {("send-mail", "queued"): 1}


async def test_a_schedule_adds_a_job_once_for_all_workers(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Purge, "schedule", "* * * * * *")
    added: list[type[Job]] = []

    async def note(_: JobQueue, job: Job) -> None:
        added.append(type(job))

    monkeypatch.setattr(JobQueue, "add_once", note)
    async with working(container, kinds()), working(container, kinds()):
        await _until(lambda: added)
        assert await _scheduled(container) == ["* * * * * *"]
    assert set(added) == {Purge}


@pytest.mark.parametrize("earlier", ["17 3 * * *", "30 1 * * *"], ids=["same", "other"])
async def test_a_missed_schedule_is_made_up_for_once(
    container: Container, monkeypatch: pytest.MonkeyPatch, earlier: str
) -> None:
    monkeypatch.setattr(Purge, "schedule", "17 3 * * *")
    await _schedule(container, earlier, "-3 days")
    added: list[Job] = []

    async def note(_: JobQueue, job: Job) -> None:
        added.append(job)

    monkeypatch.setattr(JobQueue, "add_once", note)
    async with working(container, kinds()), working(container, kinds()):
        await _until(lambda: added)
    assert added == [Purge()]
    assert await _scheduled(container) == ["17 3 * * *"]


async def test_a_changed_schedule_does_not_run_at_once(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Purge, "schedule", "17 3 * * *")
    await _schedule(container, "30 1 * * *", "1 hour")
    async with working(container, kinds()):
        async with asyncio.timeout(20):
            while len(await _scheduled(container)) < 2:  # noqa: ASYNC110 - as below
                await asyncio.sleep(0.02)
    due = text("SELECT count(*) FROM pgqueuer_schedules WHERE next_run <= now()")
    async with container.database.reading() as session:
        assert await session.scalar(due) == 0


async def test_a_scheduled_job_is_not_added_while_one_is_queued(
    container: Container,
) -> None:
    for _ in range(2):
        await container.in_transaction(CONTEXT, lambda w: w.jobs.add_once(Purge()))
    assert await _count(container) == {("purge", "queued"): 1}


async def test_a_mail_does_not_wait_for_a_backlog(container: Container) -> None:
    for _ in range(3):
        await _add(container, Purge())
    await _add(container, MAIL)
    async with container.database.transaction() as session:
        first, *_ = await next_jobs(queue_within(session))
    assert first.entrypoint == "send-mail"


async def test_jobs_without_a_handler_are_reported(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(container.settings)
    insert = (
        "INSERT INTO pgqueuer (priority, status, entrypoint) "
        "VALUES (0, 'queued', 'former-name')"
    )
    async with container.database.transaction() as session:
        await session.execute(text(insert))
    await _add(container, MAIL)
    output = await container.in_transaction(CONTEXT, describe)
    assert "1  queued  former-name  (no handler" in output
    assert "1  queued  send-mail\n" in f"{output}\n"
    logged = ""
    async with asyncio.timeout(20), working(container, kinds()):
        while "No handler for 1 waiting jobs: former-name" not in logged:
            await asyncio.sleep(0.02)
            logged += capsys.readouterr().out


async def test_a_job_that_waits_under_a_former_name_is_processed(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Purge, "former_names", ("clean-up",))
    insert = (
        "INSERT INTO pgqueuer (priority, status, entrypoint) "
        "VALUES (0, 'queued', 'clean-up')"
    )
    async with container.database.transaction() as session:
        await session.execute(text(insert))
    await do_waiting_jobs(container)
    assert await _count(container) == {}


async def test_a_worker_without_a_database_logs_it_and_can_be_stopped(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    container = Container(make_settings(DB_HOST="127.0.0.1", DB_PORT=1))
    setup_logging(container.settings)
    await container.database.connect()
    doing = Worker(container, kinds())
    task = asyncio.create_task(doing.run())
    await asyncio.sleep(0.2)
    assert not task.done()
    doing.stop()
    await asyncio.wait_for(task, 5)
    await container.database.disconnect()
    assert "Worker paused" in capsys.readouterr().out


async def test_notifications_wait_until_the_worker_listens(
    container: Container,
) -> None:
    async with listening(container.database) as driver:
        notifying = asyncio.create_task(driver.notify("words", "first"))
        assert await asyncio.wait({notifying}, timeout=0.2) == (set(), {notifying})
        await driver.add_listener("words", print)
        await asyncio.wait_for(notifying, 20)


async def test_the_queue_tables_match_the_installed_pgqueuer(
    container: Container,
) -> None:
    async with listening(container.database) as driver:
        plan = await queue(driver).plan_upgrade()
    assert plan.statements == (), "write a migration that executes these"


async def test_a_worker_writes_its_liveness_file(tmp_path: Path) -> None:
    with liveness_file(tmp_path / "alive"), liveness_file(None):
        await _until((tmp_path / "alive").exists)


async def test_sigterm_stops_a_worker_process_gracefully(
    fresh_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: dict[int, Callable[..., None]] = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    working = asyncio.create_task(work(Container(fresh_database)))
    await _until(lambda: signal.SIGTERM in handlers)
    handlers[signal.SIGTERM](signal.SIGTERM, None)
    await asyncio.wait_for(working, 20)


def test_a_worker_process_names_invalid_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="JWT_SECRET_KEY"):
        main()


async def _add(container: Container, job: Job) -> None:
    await container.in_transaction(CONTEXT, lambda scope: scope.jobs.add(job))


async def _count(container: Container) -> dict[tuple[str, str], int]:
    return await container.in_transaction(CONTEXT, lambda scope: scope.jobs.count())


async def _scheduled(container: Container) -> Sequence[str]:
    scheduled = text("SELECT expression FROM pgqueuer_schedules")
    async with container.database.reading() as session:
        return (await session.scalars(scheduled)).all()


async def _schedule(container: Container, expression: str, next_run: str) -> None:
    """Store a schedule of the purge, as a worker of another day did."""
    insert = text(
        "INSERT INTO pgqueuer_schedules (entrypoint, expression, next_run) "
        "VALUES ('purge', :expression, now() + CAST(:next_run AS text)::interval)"
    )
    values = {"expression": expression, "next_run": next_run}
    async with container.database.transaction() as session:
        await session.execute(insert, values)


async def _until_failed(container: Container, number: int) -> None:
    failed = ("send-mail", "failed")
    async with asyncio.timeout(20):
        while (await _count(container)).get(failed) != number:  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.1)


async def _until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110 - the worker has no event for it
            await asyncio.sleep(0.02)
