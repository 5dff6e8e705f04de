"""Tests of the check of the port, and of who uses it."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from doctor.patient import Patient, free_port
from mkbackend.doctor import listener


@contextmanager
def serving(port: int, answers: dict[str, Any]) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path in answers
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(self.path)).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


HEALTH = {"/api/v1/health": {"status": "ok", "version": "1.2.3", "environment": "development"}}


def test_a_free_port_is_fine(patient: Patient) -> None:
    assert patient.look()["port"]["found"] == f"{patient.port} is free"


def test_a_port_used_by_the_service_itself_is_fine(patient: Patient) -> None:
    with serving(patient.port, HEALTH):
        assert patient.look()["port"]["found"] == f"{patient.port} is used by this project's own service"
    with serving(patient.port, {**HEALTH, "/openapi.json": {"info": {"title": "Shop"}}}):
        assert patient.look()["port"]["state"] == "ok"


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"/api/v1/health": ["ok"]},
        {"/api/v1/health": {"status": "ok", "version": "9", "environment": "test"}},
        {**HEALTH, "/openapi.json": {"info": {"title": "Another"}}},
    ],
    ids=["nothing", "something else", "another version", "another name"],
)
def test_a_port_used_by_another_program_is_wrong(patient: Patient, answers: dict[str, Any]) -> None:
    with serving(patient.port, answers):
        found = patient.look()["port"]
    assert found["state"] == "wrong"
    assert found["found"].startswith(f"{patient.port} is in use")
    assert "another PORT in .env" in found["fix"]


def test_the_service_of_another_project_is_identified_by_its_folder(patient: Patient) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("/proc of Linux")
    Path(".copier-answers.yml").touch()  # the working directory of this process
    with serving(patient.port, HEALTH):
        found = patient.look()["port"]
        process = listener.find(patient.port)
    assert process
    assert process.number == os.getpid()
    assert found["found"].endswith(f"(process {os.getpid()}) in {Path.cwd()}")


def test_the_port_in_env_is_checked_if_the_service_code_does_not_run(
    project: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / ".env").write_text(f"# PORT=1\nexport PORT='{project.port}'\n")
    assert project.look()["port"]["found"] == f"{project.port} is free"
    other = free_port()
    monkeypatch.setenv("PORT", str(other))
    assert project.look()["port"]["found"] == f"{other} is free"
