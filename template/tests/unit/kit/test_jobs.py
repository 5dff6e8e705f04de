"""Jobs: handlers, schedules and log lines."""

import json
import logging
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules
from uuid import uuid4

import pytest
from pgqueuer import Job as QueuedJob
from pgqueuer import PgQueuer
from pgqueuer.errors import FailingListenerError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from app.container import Container
from app.core.config import Settings
from app.core.logging import setup_logging
from app.domain import jobs
from app.domain.jobs.account import SendMail
from app.jobs.registry import kinds
from app.kit.queue.job import Job
from app.kit.queue.registry import JobContext, perform
from app.kit.queue.worker import Worker
from tests.conftest import MakeSettings

NOW = datetime.now(UTC)
KINDS = sorted(kinds(), key=lambda kind: kind.name)


def queued(kind: type[Job], payload: bytes) -> QueuedJob:
    """Return a job as the queue stores it."""
    return QueuedJob.model_validate(
        {
            "id": 7,
            "priority": 0,
            "created": NOW,
            "updated": NOW,
            "heartbeat": NOW,
            "execute_after": NOW,
            "status": "picked",
            "entrypoint": kind.name,
            "payload": payload,
            "queue_manager_id": uuid4(),
            "headers": {"address": "192.0.2.1", "request_id": "request-1"},
        }
    )


def test_every_job_type_has_a_handler() -> None:
    for module in iter_modules(jobs.__path__, prefix=f"{jobs.__name__}."):
        import_module(module.name)
    # A class without a name is a base class.
    named = {kind for kind in _subclasses(Job) if hasattr(kind, "name")}
    ours = {kind for kind in named if kind.__module__.startswith(jobs.__name__)}
    missing = sorted(kind.__name__ for kind in ours - set(KINDS))
    hint = "is in no app/jobs/*_jobs.py: docs/jobs.md"
    assert not missing, f"@router.handler({missing[0]}) {hint}"


def test_job_names_are_unique() -> None:
    names = [name for kind in KINDS for name in kind.names()]
    assert len(names) == len({*names})


@pytest.mark.parametrize("kind", KINDS)
def test_scheduled_jobs_need_no_fields(kind: type[Job]) -> None:
    assert kind.schedule is None or kind()


@pytest.mark.parametrize("kind", KINDS)
async def test_the_worker_accepts_each_schedule(
    kind: type[Job], settings: Settings
) -> None:
    queuer = PgQueuer.in_memory()
    Worker(Container(settings), kinds())._register(queuer, kind)
    scheduled = [known.entrypoint for known in queuer.sm.registry]
    assert scheduled == [kind.name] * (kind.schedule is not None)


@pytest.mark.parametrize(
    "error",
    [
        DBAPIError("", {}, ConnectionError(), connection_invalidated=True),
        FailingListenerError,
    ],
)
def test_an_unavailable_database_is_logged_as_a_one_line_warning(
    make_settings: MakeSettings,
    capsys: pytest.CaptureFixture[str],
    error: Exception | type[Exception],
) -> None:
    settings = make_settings(LOG_FORMAT="json")
    setup_logging(settings)
    Worker(Container(settings), kinds())
    try:
        raise error
    except Exception:
        logging.getLogger("pgqueuer").exception("It failed in %s", "a task")
    line = json.loads(capsys.readouterr().out)
    message = "The database is unavailable (The connection was lost)"
    assert (line["level"], line["message"]) == ("WARNING", message)
    assert "exception" not in line


def test_a_bug_in_the_queue_is_logged_with_its_traceback(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(LOG_FORMAT="json")
    setup_logging(settings)
    Worker(Container(settings), kinds())
    try:
        raise KeyError("a mistake")
    except KeyError:
        logging.getLogger("pgqueuer").exception("It failed in %s", "a task")
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["message"]) == ("ERROR", "It failed in a task")
    assert "KeyError" in line["exception"]


async def test_a_job_with_an_invalid_payload_fails(settings: Settings) -> None:
    with pytest.raises(ValidationError):
        await perform(queued(SendMail, b"{}"), Container(settings), kinds())


async def test_log_lines_of_a_job_have_the_request_id_and_no_payload(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(settings)
    mail = SendMail(to="ada@example.com", subject="A private matter", text="Dear Ada")
    container = Container(settings)
    container.mailer = Refusing()
    job = queued(SendMail, mail.model_dump_json().encode())
    with pytest.raises(ZeroDivisionError):
        async with JobContext(container.hooks).trace_process(job):
            await perform(job, container, kinds())
    printed = capsys.readouterr().out
    assert "request-1" in printed
    assert "send-mail/7" in printed
    assert not any(word in printed for word in ("ada@", "private matter", "Dear Ada"))


def _subclasses(kind: type[Job]) -> set[type[Job]]:
    """Return its direct and indirect subclasses."""
    direct = set(kind.__subclasses__())
    return direct.union(*map(_subclasses, direct))


class Refusing:
    """A mailer that fails."""

    async def send(self, mail: object) -> None:
        raise ZeroDivisionError
