"""Telemetry without a database: settings, labels and worker processes."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.request import urlopen

import pytest
import uvicorn
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from loguru import logger
from pydantic import ValidationError

from app import __main__ as command
from app.container import Container
from app.core.config import ConfigurationError, Settings
from app.core.logging import setup_logging
from app.kit.parts import PartSettings, read_settings
from app.kit.telemetry import server
from app.kit.telemetry import settings as telemetry_settings
from app.kit.telemetry.metrics import LABELS, Metrics
from app.kit.telemetry.server import of_workers
from app.kit.telemetry.workers import DIRECTORY
from app.main import create_app
from tests.clients import leave
from tests.conftest import MakeSettings
from tests.ports import free_port
from tests.telemetry import telemetry

ON = {
    "METRICS_PORT": 9464,
    "OTLP_ENDPOINT": "http://localhost:4318",
    "SENTRY_DSN": "http://key@localhost/1",
}
PACKAGES = ("prometheus_client", "sentry_sdk", "opentelemetry.sdk")


@pytest.mark.parametrize("name", ON)
@pytest.mark.parametrize("missing", PACKAGES)
def test_missing_packages_are_reported_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, name: str, missing: str
) -> None:
    monkeypatch.setattr(
        telemetry_settings, "find_spec", lambda package: package != missing or None
    )
    with pytest.raises(ValidationError, match=f"{name} needs.*--extra telemetry"):
        telemetry(**{name: ON[name]})
    telemetry()


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
def test_an_invalid_setting_is_named_without_its_secret(
    name: str, wrong: object
) -> None:
    with pytest.raises(ValidationError, match=name) as refused:
        telemetry(**{name: wrong})
    assert "Bearer secret" not in str(refused.value)


def test_invalid_settings_are_reported_with_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("METRICS_PORT=many\nWORKERS=0")
    with pytest.raises(ConfigurationError, match=r"WORKERS(.|\n)*METRICS_PORT"):
        read_settings()


def test_disabled_telemetry_imports_nothing_and_adds_no_middleware() -> None:
    code = f"""
import sys
from app.core.config import Settings
from app.main import create_app
from tests.telemetry import telemetry
key = "f3b1c9d27a5e8046" * 2
settings = Settings(_env_file=None, ENVIRONMENT="test", DB_PASSWORD=key,
    JWT_SECRET_KEY=key, JWT_REFRESH_SECRET_KEY=key[::-1])
app = create_app(settings, telemetry())
assert not [name for name in {PACKAGES} if name in sys.modules]
assert "Telemetry" not in str(app.user_middleware)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def metrics(settings: Settings) -> Metrics:
    return Metrics(settings, 9464)


@pytest.fixture(scope="module")
def counting(make_settings: MakeSettings, metrics: Metrics) -> FastAPI:
    """Return an application that counts requests and has no database."""
    part = SimpleNamespace(join=lambda hooks, _: metrics.join(hooks))
    settings = make_settings(TRUSTED_HOSTS=["test"])
    return create_app(settings, cast(Sequence[PartSettings], [part]))


def count(metrics: Metrics, *labels: str) -> float:
    names = dict(zip(LABELS, labels, strict=True))
    return metrics.registry.get_sample_value("http_requests_total", names) or 0


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
async def test_requests_are_counted_by_declared_route(
    counting: FastAPI,
    metrics: Metrics,
    method: str,
    path: str,
    labels: tuple[str, ...],
) -> None:
    before = count(metrics, *labels)
    transport = ASGITransport(app=counting)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        await client.request(method, path)
    assert count(metrics, *labels) == before + 1


async def test_a_client_disconnect_is_counted_as_499(
    counting: FastAPI, metrics: Metrics
) -> None:
    login = "/api/v1/auth/login"
    form = "application/x-www-form-urlencoded"
    assert await leave(counting, login, form, b"user") == [499]
    assert count(metrics, "POST", login, "499") == 1


@pytest.mark.parametrize("values", [{"WORKERS": 2}, {"RELOAD": True}])
def test_the_parent_process_serves_the_metrics_of_all_processes(
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any],
) -> None:
    settings = make_settings(PORT=free_port(), **values)
    parts = telemetry(METRICS_PORT=(port := free_port()))
    directories = []

    def serve(*_: object, **__: object) -> None:
        directories.append(Path(os.environ[DIRECTORY]))
        _write(directories[0]).wait()
        with urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            assert b"sold_total 1.0" in response.read()

    monkeypatch.setattr(uvicorn, "run", serve)
    monkeypatch.setattr(command, "read_settings", lambda: (settings, parts))
    command.main()
    assert DIRECTORY not in os.environ
    assert not directories[0].exists()


def test_counters_of_exited_workers_stay_and_gauges_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = [_write(tmp_path) for _ in range(3)]
    for worker in workers:
        worker.wait()
    alive = [SimpleNamespace(pid=worker.pid) for worker in workers[:2]]
    monkeypatch.setattr(server, "active_children", lambda: alive)
    registry = of_workers(str(tmp_path))
    assert registry.get_sample_value("sold_total") == 3
    assert registry.get_sample_value("busy") == 2


def test_a_metrics_file_that_was_just_created_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path).wait()
    (tmp_path / "counter_1.db").touch()

    def fill(seconds: float) -> None:
        (tmp_path / "counter_1.db").write_bytes(bytes(64))

    monkeypatch.setattr("app.kit.telemetry.server.time.sleep", fill)
    assert of_workers(str(tmp_path)).get_sample_value("sold_total") == 1


def _write(directory: Path) -> subprocess.Popen[bytes]:
    """Record metrics in a separate process."""
    code = """
from prometheus_client import Counter, Gauge
Counter("sold_total", "Sold").inc()
Gauge("busy", "Busy", multiprocess_mode="livesum").set(1)
"""
    environment = os.environ | {DIRECTORY: str(directory)}
    return subprocess.Popen([sys.executable, "-c", code], env=environment)


def test_a_text_line_has_the_trace_id_if_tracing_is_on(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(LOG_FORMAT="text")
    container = Container(settings, telemetry(OTLP_ENDPOINT=ON["OTLP_ENDPOINT"]))
    setup_logging(settings, container.hooks.log_ids)
    with logger.contextualize(request_id="abc", trace_id="def"):
        logger.info("inside")
    assert "| abc | def | inside" in capsys.readouterr().out
