"""Telemetry without a database: what switches it on, labels, workers, the end."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest
import uvicorn
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from loguru import logger
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import create_async_engine

from app import __main__ as command
from app.core.logging import setup_logging
from app.core.settings import telemetry as telemetry_settings
from app.kit.telemetry import workers as metric_files
from app.kit.telemetry.lifecycle import Telemetry, of_workers
from app.kit.telemetry.metrics import LABELS
from app.kit.telemetry.workers import DIRECTORY
from app.main import create_app
from tests.conftest import MakeSettings
from tests.receiver import free_port

ON = {
    "METRICS_PORT": 9464,
    "OTLP_ENDPOINT": "http://localhost:4318",
    "SENTRY_DSN": "http://key@localhost/1",
}
PACKAGES = ("prometheus_client", "sentry_sdk", "opentelemetry.sdk")


@pytest.mark.parametrize("name", ON)
@pytest.mark.parametrize("missing", PACKAGES)
def test_without_the_packages_the_start_is_refused_with_the_mend(
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    missing: str,
) -> None:
    monkeypatch.setattr(
        telemetry_settings, "find_spec", lambda package: package != missing or None
    )
    with pytest.raises(ValidationError, match=f"{name} needs.*--extra telemetry"):
        make_settings(**{name: ON[name]})
    make_settings()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("METRICS_PORT", 8000),
        ("OTLP_ENDPOINT", "collector:4318"),
        ("OTLP_HEADERS", "Bearer secret"),
        ("TRACE_RATIO", 1.5),
        ("SENTRY_DSN", "https://errors.example.com/1"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_shown(
    make_settings: MakeSettings, name: str, wrong: object
) -> None:
    with pytest.raises(ValidationError, match=name) as refused:
        make_settings(**{name: wrong})
    assert "Bearer secret" not in str(refused.value)


def test_off_nothing_of_it_is_imported_and_no_middleware_added() -> None:
    code = f"""
import sys
from app.core.config import Settings
from app.main import create_app
key = "f3b1c9d27a5e8046" * 2
settings = Settings(_env_file=None, ENVIRONMENT="test", DB_PASSWORD=key,
    JWT_SECRET_KEY=key, JWT_REFRESH_SECRET_KEY=key[::-1])
app = create_app(settings)
assert not [name for name in {PACKAGES} if name in sys.modules]
assert "Telemetry" not in str(app.user_middleware)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def counting(make_settings: MakeSettings) -> FastAPI:
    """An application that counts, and whose database is away."""
    return create_app(make_settings(METRICS_PORT=9464, TRUSTED_HOSTS=["test"]))


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/api/v1/health", ("GET", "/api/v1/health", "200")),
        ("HEAD", "/api/v1/health", ("HEAD", "/api/v1/health", "200")),
        ("GET", "/api/v1/users/me", ("GET", "/api/v1/users/me", "401")),
        ("GET", "/api/v1/users/abc", ("GET", "/api/v1/users/{user_id}", "401")),
        ("PUT", "/api/v1/users/abc", ("PUT", "/api/v1/users/{user_id}", "405")),
        ("BREW", "/api/v1/health", ("_OTHER", "/api/v1/health", "405")),
        ("GET", "/nowhere/else", ("GET", "none", "404")),
        ("GET", "/api/v1/health/", ("GET", "none", "307")),
        ("GET", "http://evil/api/v1/users", ("GET", "none", "400")),
    ],
)
async def test_requests_are_counted_by_what_was_declared(
    counting: FastAPI, method: str, path: str, labels: tuple[str, ...]
) -> None:
    registry = counting.state.container.telemetry.metrics.registry
    counted = ("http_requests_total", dict(zip(LABELS, labels, strict=True)))
    before = registry.get_sample_value(*counted) or 0
    transport = ASGITransport(app=counting)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        await client.request(method, path)
    assert registry.get_sample_value(*counted) == before + 1


@pytest.mark.parametrize("values", [{"WORKERS": 2}, {"RELOAD": True}])
def test_several_processes_write_into_a_directory_that_the_first_one_serves(
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any],
) -> None:
    ports = {"PORT": free_port(), "METRICS_PORT": free_port()}
    settings = make_settings(**ports, **values)
    directories = []

    def serve(*_: object, **__: object) -> None:
        directories.append(Path(os.environ[DIRECTORY]))
        _write(directories[0]).wait()
        with urlopen(f"http://127.0.0.1:{ports['METRICS_PORT']}/metrics") as answer:
            assert b"sold_total 1.0" in answer.read()

    monkeypatch.setattr(uvicorn, "run", serve)
    monkeypatch.setattr(command, "get_settings", lambda: settings)
    command.main()
    assert DIRECTORY not in os.environ
    assert not directories[0].exists()


def test_of_workers_that_are_gone_counts_stay_and_gauges_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = [_write(tmp_path) for _ in range(3)]
    for worker in workers:
        worker.wait()
    alive = [SimpleNamespace(pid=worker.pid) for worker in workers[:2]]
    monkeypatch.setattr(metric_files, "active_children", lambda: alive)
    registry = of_workers(str(tmp_path))
    assert registry.get_sample_value("sold_total") == 3
    assert registry.get_sample_value("busy") == 2


def test_a_file_that_a_worker_has_just_created_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path).wait()
    (tmp_path / "counter_1.db").touch()

    def fill(seconds: float) -> None:
        (tmp_path / "counter_1.db").write_bytes(bytes(64))

    monkeypatch.setattr("app.core.telemetry_metrics.time.sleep", fill)
    assert of_workers(str(tmp_path)).get_sample_value("sold_total") == 1


def _write(directory: Path) -> subprocess.Popen[bytes]:
    """Count something in a process of its own."""
    code = """
from prometheus_client import Counter, Gauge
Counter("sold_total", "Sold").inc()
Gauge("busy", "Busy", multiprocess_mode="livesum").set(1)
"""
    environment = os.environ | {DIRECTORY: str(directory)}
    return subprocess.Popen([sys.executable, "-c", code], env=environment)


async def test_the_end_waits_for_no_collector_that_is_away(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Event()
    monkeypatch.setattr(OTLPSpanExporter, "export", lambda *_: answers.wait(60))
    monkeypatch.setattr("app.kit.telemetry.lifecycle.LAST_WORDS", 0.1)
    telemetry = Telemetry(make_settings(OTLP_ENDPOINT="http://localhost:4318"))
    telemetry.start(create_async_engine("postgresql+asyncpg://nowhere/none"))
    with telemetry.job("work", {}):
        pass
    async with asyncio.timeout(10):
        await telemetry.stop()
    answers.set()


def test_a_text_line_shows_the_trace_where_there_are_traces(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(make_settings(LOG_FORMAT="text", OTLP_ENDPOINT=ON["OTLP_ENDPOINT"]))
    with logger.contextualize(request_id="abc", trace_id="def"):
        logger.info("inside")
    assert "| abc | def | inside" in capsys.readouterr().out
