"""Traces, metrics and error reports, as received."""

import asyncio
import json

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from app.core.config import ConfigurationError, Settings
from app.core.database import DatabaseManager
from app.domain.models.user import User
from app.domain.roles import Role
from app.kit.telemetry.settings import TelemetrySettings
from app.main import create_app
from tests.conftest import MakeUser, SignIn
from tests.integration.conftest import running, store
from tests.integration.kit.test_log_privacy import live_in
from tests.ports import free_port
from tests.telemetry import telemetry
from tests.telemetry.receiver import Receiver, receiver

pytestmark = pytest.mark.integration
TRACE = "0af7651916cd43dd" * 2
CALLER = "b7ad6b7169203331"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


@pytest.fixture
async def admin(elsewhere: DatabaseManager, make_user: MakeUser) -> User:
    return await store(elsewhere, make_user(role=Role.ADMIN))


async def test_a_request_and_its_statements_continue_the_clients_trace(
    fresh_database: Settings,
    admin: User,
    sign_in: SignIn,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with receiver() as kept:
        headers = "x-key=abc, x-team=us"
        traced = telemetry(OTLP_ENDPOINT=kept.address, OTLP_HEADERS=headers)
        app = create_app(fresh_database, traced)
        async with running(app) as client:
            path = f"/api/v1/users/{admin.id}?page=private"
            await client.get(path, headers=sign_in(admin) | TRACEPARENT)
    assert (kept.headers["x-key"], kept.headers["x-team"]) == ("abc", "us")
    [request] = [s for s in kept.spans() if s.kind == Span.SPAN_KIND_SERVER]
    assert request.name == "GET /api/v1/users/{user_id}"
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, CALLER)
    statements = [s for s in kept.spans() if s.kind == Span.SPAN_KIND_CLIENT]
    assert {s.parent_span_id for s in statements} == {request.span_id}
    assert any("FROM users" in str(s.attributes) for s in statements)
    for value in ("private", str(admin.id), admin.email):
        assert value not in str(kept.spans())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [line] = [line for line in lines if line["message"].startswith("GET")]
    assert line["trace_id"] == TRACE


async def test_a_request_its_jobs_and_their_statements_are_one_trace(
    fresh_database: Settings, admin: User, elsewhere: DatabaseManager
) -> None:
    with receiver() as kept:
        settings = fresh_database.model_copy(update={"JOBS_IN_API": True})
        app = create_app(settings, telemetry(OTLP_ENDPOINT=kept.address))
        async with running(app) as client:
            await _forget(client, admin)
            await _no_job_left(elsewhere)
    [request] = [s for s in kept.spans() if s.kind == Span.SPAN_KIND_SERVER]
    jobs = [s for s in kept.spans() if s.kind == Span.SPAN_KIND_CONSUMER]
    assert [job.name for job in jobs] == [
        "process forgot-password",
        "process send-link",
    ]
    assert [job.parent_span_id for job in jobs] == [request.span_id, jobs[0].span_id]
    assert {s.trace_id.hex() for s in [request, *jobs]} == {TRACE}
    parents = {
        s.parent_span_id for s in kept.spans() if s.kind == Span.SPAN_KIND_CLIENT
    }
    assert {request.span_id, *(job.span_id for job in jobs)} <= parents
    assert admin.email not in str(kept.spans())


async def test_jobs_are_counted(
    fresh_database: Settings, admin: User, elsewhere: DatabaseManager
) -> None:
    settings = fresh_database.model_copy(update={"JOBS_IN_API": True})
    app = create_app(settings, telemetry(METRICS_PORT=(port := free_port())))
    async with running(app) as client:
        await _forget(client, admin)
        await _no_job_left(elsewhere)
        metrics = await _scrape(port)
    for name in ("forgot-password", "send-link"):
        assert metrics["jobs_total", name, "done"] == 1
        assert metrics["job_duration_seconds_count", name] == 1
        assert metrics["jobs_in_queue", name, "failed", "10"] == 0


async def test_jobs_without_a_handler_are_counted(
    fresh_database: Settings, elsewhere: DatabaseManager
) -> None:
    async with elsewhere.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO pgqueuer (priority, status, entrypoint) "
                "VALUES (0, 'queued', 'former-name'), (0, 'picked', 'former-name')"
            )
        )
    settings = fresh_database.model_copy(update={"JOBS_IN_API": True})
    app = create_app(settings, telemetry(METRICS_PORT=(port := free_port())))
    async with running(app), asyncio.timeout(20):
        while not (await _scrape(port))["jobs_without_handler",]:  # noqa: ASYNC110 - nothing signals it
            await asyncio.sleep(0.05)
        assert (await _scrape(port))["jobs_without_handler",] == 2


async def test_an_error_marks_the_request_and_the_statement(
    fresh_database: Settings,
) -> None:
    with receiver() as kept:
        app = create_app(fresh_database, _all_of(kept))
        _add_failing_route(app)
        async with running(app) as client:
            await client.get("/fails")
    failed = [s for s in kept.spans() if s.status.code == Status.STATUS_CODE_ERROR]
    assert [s.name for s in failed] == ["SELECT", "GET /fails"]
    assert not [s.status.message for s in failed if s.status.message]


async def test_the_metrics_match_the_requests(
    fresh_database: Settings, admin: User, sign_in: SignIn
) -> None:
    port = free_port()
    app = create_app(fresh_database, telemetry(METRICS_PORT=port))
    async with running(app) as client:
        for _ in range(3):
            await client.get(f"/api/v1/users/{admin.id}", headers=sign_in(admin))
        await client.get("/api/v1/users/abc")
        await client.get(f"/nowhere/{admin.id}")
        await client.request("BREW", "/api/v1/health")
        metrics = await _scrape(port)
    requests = {k[1:]: v for k, v in metrics.items() if k[0] == "http_requests_total"}
    user = "/api/v1/users/{user_id}"
    assert requests == {
        ("GET", user, "200"): 3,
        ("GET", user, "401"): 1,
        ("GET", "none", "404"): 1,
        ("_OTHER", "/api/v1/health", "405"): 1,
    }
    assert metrics["http_request_duration_seconds_count", "GET", user, "200"] == 3
    assert metrics["http_requests_in_flight",] == 0
    assert metrics["database_connections_in_use",] == 0
    assert metrics["database_connections_limit",] == 30
    assert metrics["process_resident_memory_bytes",] > 0
    with pytest.raises(OSError, match="refused"):
        await _scrape(port)


async def test_connections_in_use_are_measured(fresh_database: Settings) -> None:
    port = free_port()
    app = create_app(fresh_database, telemetry(METRICS_PORT=port))
    async with running(app):
        async with app.state.container.database.transaction() as session:
            await session.connection()
            assert (await _scrape(port))["database_connections_in_use",] == 1
        assert (await _scrape(port))["database_connections_in_use",] == 0


async def test_a_metrics_port_in_use_is_reported(fresh_database: Settings) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    app = create_app(fresh_database, telemetry(METRICS_PORT=port))
    with pytest.raises(ConfigurationError, match="METRICS_PORT"):
        async with running(app):
            pass
    await app.state.container.database.disconnect()
    taken.close()


async def test_an_error_is_reported_once(fresh_database: Settings) -> None:
    with receiver() as kept:
        app = create_app(fresh_database, _all_of(kept))
        _add_failing_route(app)
        async with running(app) as client:
            response = await client.get("/fails")
        async with running(create_app(fresh_database)) as client:
            await client.get("/fails")
    [event] = kept.events()
    assert (event["environment"], event["release"]) == ("test", app.version)
    assert event["exception"]["values"][-1]["type"] == "ProgrammingError"
    extra = event["extra"]["extra"]
    assert extra["request_id"] == response.headers["X-Request-ID"]
    assert len(extra["trace_id"]) == 32
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert not [frame for frame in frames if "vars" in frame]
    assert "request" not in event


async def test_no_personal_data_and_no_secret_is_traced_or_reported(
    fresh_database: Settings,
) -> None:
    with receiver() as kept:
        words = await live_in(create_app(fresh_database, _all_of(kept)))
    reported = str(kept.spans()) + str(kept.events())
    assert (bool(kept.spans()), len(kept.events())) == (True, 1)
    assert [word for word in words if word in reported] == []


async def _forget(client: AsyncClient, admin: User) -> None:
    path = "/api/v1/auth/forgot-password"
    await client.post(path, json={"email": admin.email}, headers=TRACEPARENT)


async def _no_job_left(database: DatabaseManager) -> None:
    async with asyncio.timeout(20):
        while True:
            async with database.reading() as session:
                if not await session.scalar(text("SELECT count(*) FROM pgqueuer")):
                    return
            await asyncio.sleep(0.05)


def _all_of(kept: Receiver) -> list[TelemetrySettings]:
    return telemetry(OTLP_ENDPOINT=kept.address, SENTRY_DSN=kept.dsn)


def _add_failing_route(app: FastAPI) -> None:
    @app.get("/fails")
    async def fails() -> None:
        async with app.state.container.database.transaction() as session:
            await session.execute(text("SELECT nothing"))


async def _scrape(port: int) -> dict[tuple[str, ...], float]:
    """Return the value of each metric by its name and some labels."""
    async with AsyncClient(trust_env=False) as client:
        try:
            response = await client.get(f"http://127.0.0.1:{port}/metrics")
        except Exception as error:
            raise OSError("refused") from error
    return {
        (sample.name, *_labels(sample.labels)): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def _labels(labels: dict[str, str]) -> list[str]:
    names = ("method", "route", "job", "outcome", "status", "priority")
    return [labels[name] for name in (*names, "le", "generation") if name in labels]
