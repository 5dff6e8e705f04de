"""Hooks of optional parts: calls and shutdown."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from loguru import logger
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from app.container import Container, RequestScope
from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.db.unit_of_work import UnitOfWork
from app.core.logging import setup_logging
from app.jobs.registry import kinds
from app.kit import hooks
from app.kit.hooks import Hooks, around
from app.kit.parts import PartSettings
from app.kit.queue.worker import Worker
from app.main import create_app, lifespan
from tests.conftest import MakeSettings

ENGINE = create_async_engine("postgresql+asyncpg://nowhere/none")


class Diary:
    """A part that records the calls of its hooks."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def join(self, hooks: Hooks, _: Settings) -> None:
        hooks.log_ids.append("visit_id")
        hooks.middleware.append(self.middleware)
        hooks.process.append(self.process)
        hooks.worker.append(self.worker)
        hooks.headers.append(lambda: {"visit": "7"})
        hooks.job.append(self.job)
        hooks.attempt.append(self.attempt)

    def middleware(self, app: Callable[..., Awaitable[None]]) -> Callable[..., Any]:
        async def call(scope: Any, receive: Any, send: Any) -> None:
            self.notes.append(scope["path"])
            await app(scope, receive, send)

        return call

    @contextmanager
    def process(self, _: AsyncEngine) -> Iterator[None]:
        self.notes.append("starts")
        yield
        self.notes.append("ends")

    @contextmanager
    def worker(self, _: DatabaseManager, jobs: Mapping[str, int]) -> Iterator[None]:
        self.notes += sorted(jobs)
        yield

    @contextmanager
    def job(self, name: str, headers: Mapping[str, str]) -> Iterator[None]:
        self.notes.append(f"{name} of {headers['visit']}")
        yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        try:
            yield
        except ZeroDivisionError:
            self.notes.append(f"{name} failed")
            raise


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def parts(diary: Diary) -> Sequence[PartSettings]:
    """Return the settings of a part with a diary, and of one that is off."""
    off = SimpleNamespace(join=lambda *_: None)
    return cast(Sequence[PartSettings], [diary, off])


async def test_hooks_run_for_the_process_and_its_requests(
    make_settings: MakeSettings, parts: Sequence[PartSettings], diary: Diary
) -> None:
    app = create_app(make_settings(DB_HOST="127.0.0.1", DB_PORT=1), parts)
    transport = ASGITransport(app=app)
    async with lifespan(app), AsyncClient(transport=transport) as client:
        await client.get("http://test/nowhere")
    assert diary.notes == ["starts", "/nowhere", "ends"]


async def test_the_worker_hook_gets_the_names_of_jobs(
    settings: Settings, parts: Sequence[PartSettings], diary: Diary
) -> None:
    worker = Worker(Container(settings, parts), kinds())
    worker.stop()
    await worker.run()
    assert diary.notes == sorted(name for kind in kinds() for name in kind.names())


def test_a_job_carries_the_headers_of_hooks(
    settings: Settings, parts: Sequence[PartSettings]
) -> None:
    container = Container(settings, parts)
    context = RequestContext("192.0.2.1", "abc")
    scope = RequestScope(container, UnitOfWork(AsyncSession()), context)
    carried = {"address": "192.0.2.1", "request_id": "abc", "visit": "7"}
    assert scope.jobs._headers == carried


def test_hooks_run_for_a_job_and_see_its_failure(
    settings: Settings, parts: Sequence[PartSettings], diary: Diary
) -> None:
    hooks = Container(settings, parts).hooks
    with (
        suppress(ZeroDivisionError),
        around(hooks.job, "send", {"visit": "7"}),
        around(hooks.attempt, "send"),
    ):
        raise ZeroDivisionError
    assert diary.notes == ["send of 7", "send failed"]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_log_line_has_the_ids_of_hooks(
    make_settings: MakeSettings,
    parts: Sequence[PartSettings],
    capsys: pytest.CaptureFixture[str],
    log_format: str,
) -> None:
    container = Container(make_settings(LOG_FORMAT=log_format), parts)
    setup_logging(container.settings, container.hooks.log_ids)
    with logger.contextualize(request_id="abc", visit_id="def"):
        logger.info("inside")
    line = capsys.readouterr().out
    expected = {"text": "| abc | def | inside", "json": '"visit_id":"def"'}
    assert expected[log_format] in line


async def test_shutdown_does_not_wait_for_a_hanging_hook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goes_on = Event()

    @contextmanager
    def hanging(_: AsyncEngine) -> Iterator[None]:
        yield
        goes_on.wait(60)

    monkeypatch.setattr(hooks, "LAST_WORDS", 0.1)
    async with asyncio.timeout(10), Hooks(process=[hanging]).running(ENGINE):
        pass
    assert not goes_on.is_set()
    goes_on.set()


async def test_started_hooks_end_if_another_fails_to_start(diary: Diary) -> None:
    def broken(_: AsyncEngine) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with Hooks(process=[diary.process, broken]).running(ENGINE):
            pytest.fail("it must not start")
    assert diary.notes == ["starts", "ends"]


async def test_without_parts_there_are_no_hooks(settings: Settings) -> None:
    hooks = Container(settings).hooks
    assert hooks == Hooks()
    async with hooks.running(ENGINE):
        with around(hooks.job, "send", {}), around(hooks.attempt, "send"):
            pass
