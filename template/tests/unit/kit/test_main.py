"""Import and start of the application."""

import gc
import json
import pickle
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from app import __main__ as command
from app import main
from app.core.config import Settings
from app.kit.http.bounds import bounds_of
from tests.conftest import MakeSettings
from tests.ports import free_port


def test_importing_create_app_reads_no_settings(tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(Path.cwd())!r}); import app.main"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_app_is_created_at_first_access(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(main, "read_settings", lambda: (settings, []))
    monkeypatch.setattr(main, "app", None, raising=False)
    monkeypatch.delattr(main, "app")
    assert "app" in dir(main)
    assert isinstance(main.app, FastAPI)
    assert main.app is main.app


def test_a_served_application_is_exempt_from_garbage_collection(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(main, "read_settings", lambda: (settings, []))
    before = gc.get_freeze_count()
    try:
        assert isinstance(main.create_served_app(), FastAPI)
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="application"):
        _ = main.application


def test_the_command_passes_the_settings_to_the_server(
    monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings
) -> None:
    served: dict[str, Any] = {}
    ends: dict[signal.Signals, Any] = {}
    monkeypatch.setattr(signal, "signal", ends.__setitem__)
    monkeypatch.setattr(uvicorn, "run", lambda _, **options: served.update(options))
    port = free_port()
    settings = make_settings(PORT=port, WORKERS=3, KEEP_ALIVE_TIMEOUT=65)
    monkeypatch.setattr(command, "read_settings", lambda: (settings, []))
    command.main()
    assert (served["port"], served["workers"], served["reload"]) == (port, 3, False)
    assert served["timeout_keep_alive"] == 65
    assert served["http"].keywords["bounds"] == bounds_of(settings)
    # Workers get a pickled copy.
    assert pickle.dumps(served["http"])
    with pytest.raises(SystemExit) as ended:
        ends[signal.SIGTERM](signal.SIGTERM, None)
    assert ended.value.code is None


def test_a_port_in_use_is_reported_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = make_settings(PORT=port)
        monkeypatch.setattr(command, "read_settings", lambda: (settings, []))
        with pytest.raises(SystemExit, match=f":{port}(.|\n)*another PORT"):
            command.main()


def test_invalid_settings_end_the_command_without_a_traceback(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "app"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path.cwd()), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "JWT_SECRET_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({}, "WARNING"),
        ({"JOBS_IN_API": True}, None),
        (
            {
                "ENVIRONMENT": "production",
                "DEBUG": False,
                "SMTP_HOST": "mail.example.com",
                "PUBLIC_URL": "https://example.com",
            },
            "INFO",
        ),
    ],
)
async def test_startup_logs_that_no_worker_runs_jobs(
    make_settings: MakeSettings,
    capsys: pytest.CaptureFixture[str],
    values: dict[str, Any],
    level: str | None,
) -> None:
    away = {"DB_HOST": "127.0.0.1", "DB_PORT": 1, "LOG_FORMAT": "json"}
    app = main.create_app(make_settings(**away, **values))
    async with main.lifespan(app):
        pass
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    levels = [line["level"] for line in lines if "runs no jobs" in line["message"]]
    assert levels == ([level] if level else [])
