"""Tests of `mkbackend doctor` with a fake Python: the line, the fix and the exit code of each result."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Checkout, write_command
from typer.testing import CliRunner, Result

from mkbackend import cli
from mkbackend.doctor import listener
from mkbackend.doctor.ask import ask
from mkbackend.errors import MkbackendError

posix = pytest.mark.skipif(os.name == "nt", reason="programs and modes of POSIX")
# Prints its version, or the result of the probe.
PYTHON = """
import pathlib, sys
here = pathlib.Path(__file__).parent
print((here / ("version" if "-c" in sys.argv else "answer")).read_text())
"""
SETTINGS = {
    "known": ["DB_HOST", "LOG_LEVEL", "PORT", "SECRET_KEY"],
    "given": ["PORT", "SECRET_KEY"],
    "problems": [],
    "weak": [],
    "serves": {"HOST": "127.0.0.1", "API_V1_PREFIX": "/api/v1", "PROJECT_NAME": "Shop", "VERSION": "1.2.3"},
}
NAMED = {"embedded": False, "reason": "DB_HOST is set in .env", "place": "shop at db:5432"}
EMBEDDED = {"embedded": True, "reason": "embedded PostgreSQL", "place": "shop at 127.0.0.1:5433"}
OURS = {"runs": True, "tables": ["alembic_version", "users"], "revisions": ["a1"]}
Found = dict[str, dict[str, str]]


class Patient:
    """A project, and the results that its fake Python prints."""

    def __init__(self, root: Path) -> None:
        self.root, self.port = root, free_port()
        self.told: dict[str, Any] = {
            "settings": SETTINGS | {"serves": {**SETTINGS["serves"], "PORT": self.port}},  # type: ignore[dict-item]
            "database": {"embedded": True, "reason": "embedded PostgreSQL", "runs": False},
            "migrations": {"heads": ["a1"]},
        }

    def with_python(self, version: str = "3.12.9") -> "Patient":
        programs = self.root / ".venv" / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        write_command(programs / "python", PYTHON)
        (programs / "version").write_text(version)
        return self

    def run(self, *words: str) -> Result:
        if (programs := self.root / ".venv" / "bin").is_dir():
            (programs / "answer").write_text(json.dumps(self.told))
        return CliRunner().invoke(cli.app, ["doctor", str(self.root), *words])

    def look(self, **told: Any) -> Found:
        """Return the checks by name, the last one if a name repeats."""
        for part, more in told.items():
            self.told[part] = self.told[part] | more
        result = self.run("--json")
        found = json.loads(result.stdout)
        assert found["wrong"] == sum(check["state"] == "wrong" for check in found["checks"])
        assert result.exit_code == int(found["wrong"] > 0), result.output
        return {check["name"]: check for check in found["checks"]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def project(checkout: Checkout) -> Patient:
    made = CliRunner().invoke(cli.app, ["new", "shop", "--yes", "--no-install"])
    assert made.exit_code == 0, made.output
    return Patient(Path("shop").resolve())


@pytest.fixture
def patient(project: Patient) -> Patient:
    if os.name == "nt":
        pytest.skip("programs of POSIX")
    return project.with_python()


def states(found: Found, state: str) -> set[str]:
    return {name for name, check in found.items() if check["state"] == state}


# Output


def test_a_healthy_project_has_no_problem(patient: Patient) -> None:
    result = patient.run()
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("\nNo problems found.\n")
    assert not states(patient.look(), "wrong")


def test_a_problem_is_followed_by_its_fix(patient: Patient) -> None:
    (patient.root / ".env").chmod(0o644)
    result = patient.run()
    assert result.exit_code == 1
    output = [line.strip() for line in result.stdout.splitlines()]
    place = next(number for number, line in enumerate(output) if "can be read by other accounts (mode 0644)" in line)
    assert output[place + 1] == "chmod 600 .env"
    assert output[-1] == "Problems: 1."


def test_json_is_one_object(patient: Patient) -> None:
    result = patient.run("--json")
    found = json.loads(result.stdout)
    assert list(found) == ["path", "checks", "wrong"]
    assert found["path"] == str(patient.root)
    assert all(list(check) == ["name", "state", "found", "fix"] for check in found["checks"])
    assert not result.stderr


def test_a_folder_that_is_not_a_project_is_exit_code_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["doctor", str(tmp_path), "--json"])
    assert result.exit_code == 2
    assert "has no .copier-answers.yml" in json.loads(result.stdout)["error"]["message"]


def test_symbols_are_ascii_on_an_ascii_terminal(patient: Patient) -> None:
    (patient.root / ".env").chmod(0o644)
    words = [sys.executable, "-m", "mkbackend", "doctor", str(patient.root)]
    patient.run()  # writes the result of the probe
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(words, env=env, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b"\nx  .env " in done.stdout
    assert b"ok python" in done.stdout
    assert b"?" not in done.stdout


def test_it_writes_nothing(patient: Patient, machine: Path) -> None:
    patient.run()
    places = (*patient.root.rglob("*"), *machine.rglob("*"))
    before = {path: path.stat().st_mtime_ns for path in places if path.name != "answer"}
    patient.run()
    places = (*patient.root.rglob("*"), *machine.rglob("*"))
    assert {path: path.stat().st_mtime_ns for path in places if path.name != "answer"} == before


# Python and tools


def test_a_missing_environment_is_wrong_and_the_other_checks_run(project: Patient) -> None:
    found = project.look()
    assert found["python"]["state"] == "wrong"
    assert ".venv is missing" in found["python"]["found"]
    assert found["service"] == {
        "name": "service",
        "state": "note",
        "found": "settings, database and migrations were not checked: there is no Python in .venv",
        "fix": "make install",
    }
    assert {".env", "port", "git", "template"} <= found.keys()


@posix
def test_a_path_that_programs_would_expand_is_wrong(project: Patient) -> None:
    project.root = project.root.rename(project.root.with_name("50%"))
    found = project.look()["place"]
    assert found["state"] == "wrong"
    assert "contains '%': Alembic expands it" in found["found"]


@posix
def test_uv_finds_the_python_that_would_be_used(project: Patient, machine: Path) -> None:
    elsewhere = Patient(machine).with_python("3.14.1").root / ".venv" / "bin" / "python"
    write_command(machine / "bin" / "uv", f"import sys\nprint({str(elsewhere)!r} if 'find' in sys.argv else 'uv 0.9')")
    found = project.look()["python"]
    assert found["found"] == ".venv is missing; it would be created with Python 3.14.1"
    assert found["fix"] == "make install"


@posix
def test_no_python_at_all_is_reported(project: Patient, machine: Path) -> None:
    write_command(machine / "bin" / "python3", "raise SystemExit(1)")
    (project.root / ".python-version").write_text("3.14\n")
    found = project.look()["python"]
    assert found["found"] == ".venv is missing, and Python 3.14 is not installed"
    assert found["fix"] == "Install Python 3.14, then: make install"
    write_command(machine / "bin" / "uv", "import sys\nprint('uv 0.9')\nsys.exit('find' in sys.argv)")
    assert project.look()["python"]["fix"] == "uv python install 3.14"


@posix
def test_an_unsupported_python_is_wrong(project: Patient) -> None:
    found = project.with_python("3.11.4").look()["python"]
    assert (found["state"], found["found"]) == ("wrong", "3.11.4 in .venv, but the project requires >=3.12")


def test_a_python_other_than_the_pinned_one_is_a_note(patient: Patient) -> None:
    (patient.root / ".python-version").write_text("3.1\n")
    assert patient.look()["python"]["state"] == "note"
    (patient.root / ".python-version").write_text("3.12\n")
    assert patient.look()["python"]["state"] == "ok"


def test_a_broken_environment_is_wrong(patient: Patient) -> None:
    write_command(patient.root / ".venv" / "bin" / "python", "raise SystemExit(1)")
    found = patient.look()
    assert found["python"]["found"] == ".venv is broken: its Python does not run"
    assert found["service"]["state"] == "note"


@pytest.mark.parametrize("line", ["VIRTUAL_ENV='{}'", 'VIRTUAL_ENV="{}"', "    export VIRTUAL_ENV={}"])
def test_an_environment_created_elsewhere_is_wrong(patient: Patient, line: str, tmp_path: Path) -> None:
    activate = patient.root / ".venv" / "bin" / "activate"
    activate.write_text(line.format(patient.root.resolve() / ".venv"))
    assert patient.look()["python"]["state"] == "ok"
    activate.write_text(line.format(tmp_path / "before" / ".venv"))
    found = patient.look()["python"]
    assert found["found"] == f".venv was created at {tmp_path}/before/.venv: the project was moved or copied"
    assert found["fix"] == "make install"


def test_a_missing_optional_tool_is_a_note(patient: Patient, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("git", "sh", "python3"):
        (machine / "bin" / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(machine / "bin"))
    found = patient.look()
    assert {"uv", "make", "docker"} <= states(found, "note")
    assert found["uv"]["found"] == "is not on PATH: make install installs it into .venv"
    assert not states(found, "wrong")
    assert all(found[name]["fix"] for name in ("uv", "make", "docker"))


@pytest.mark.parametrize(
    ("docker", "state", "output"),
    [
        ("print('28.1')", "ok", "28.1, compose 28.1"),
        ("raise SystemExit(1)", "note", "the engine does not respond, the compose plugin is missing"),
        ("import sys\nif 'compose' in sys.argv: sys.exit(1)\nprint(1)", "note", "the compose plugin is missing"),
    ],
)
def test_docker_needs_its_engine_and_compose(
    patient: Patient, machine: Path, docker: str, state: str, output: str
) -> None:
    write_command(machine / "bin" / "docker", docker)
    found = patient.look()["docker"]
    assert found["state"] == state
    assert found["found"].startswith(output)


def test_a_project_without_git_is_reported(patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(patient.root / ".git")
    assert patient.look()["git"]["state"] == "note"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert patient.look()["git"]["state"] == "wrong"


def test_an_outdated_project_is_a_note_with_the_command(patient: Patient, checkout: Checkout) -> None:
    assert patient.look()["template"] == {
        "name": "template",
        "state": "ok",
        "found": "0.1.0, up to date",
        "fix": "",
    }
    checkout.release("0.2.0")
    found = patient.look()["template"]
    assert (found["state"], found["fix"]) == ("note", "mkbackend update")
    assert found["found"] == "0.1.0; this mkbackend has 0.2.0"


def test_a_template_of_another_origin_is_a_note(patient: Patient) -> None:
    answers = patient.root / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("~/.local/share/mkbackend/template.bundle", "git+https://a.test/b"))
    found = patient.look()["template"]
    assert found["state"] == "note"
    assert found["found"].startswith("could not be checked: This project uses a third-party template")


# .env and settings


def test_a_missing_env_is_wrong_unless_the_environment_has_all_settings(patient: Patient) -> None:
    (patient.root / ".env").unlink()
    assert patient.look()[".env"]["state"] == "ok"
    found = patient.look(settings={"problems": ["SECRET_KEY: Field required"], "given": []})
    assert found[".env"]["found"] == "is missing"
    assert found[".env"]["fix"].endswith("scripts/init_env.py")
    assert states(found, "wrong") == {".env"}  # one problem, not one for each setting


def test_an_env_that_git_tracks_is_wrong(patient: Patient) -> None:
    subprocess.run(["git", "add", "--force", ".env"], cwd=patient.root, check=True)
    found = patient.look()[".env"]
    assert (found["state"], found["fix"]) == ("wrong", "git rm --cached .env")


def test_an_env_that_git_does_not_ignore_is_a_note(patient: Patient) -> None:
    (patient.root / ".gitignore").write_text(".venv/\n")
    found = patient.look()[".env"]
    assert (found["state"], found["fix"]) == ("note", "echo .env >> .gitignore")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_an_env_of_another_encoding_is_wrong(patient: Patient, encoding: str) -> None:
    (patient.root / ".env").write_text("DB_PASSWORD=é\n", encoding)
    found = patient.look()[".env"]
    assert (found["state"], found["fix"]) == ("wrong", "Save it as UTF-8.")


def test_settings_that_prevent_a_start_are_reported(patient: Patient) -> None:
    found = patient.look(settings={"problems": ["LOG_LEVEL: Input should be 'INFO'", "KEY: is weak: give 32"]})
    assert found["settings"]["found"] == "are invalid: LOG_LEVEL: Input should be 'INFO'"
    assert found["secrets"]["found"] == "KEY is weak: give 32"
    assert states(found, "wrong") == {"settings", "secrets"}


def test_a_secret_too_weak_for_production_is_a_note(patient: Patient) -> None:
    found = patient.look(settings={"weak": ["DB_PASSWORD"]})["secrets"]
    assert (found["state"], found["found"]) == ("note", "DB_PASSWORD is weak: production rejects it")


def test_a_misspelt_setting_is_wrong_and_suggests_the_closest_name(patient: Patient) -> None:
    found = patient.look(settings={"given": ["DB_HOTS", "COMPOSE_FILE"]})["names"]
    assert (found["state"], found["fix"]) == ("wrong", "Rename it to DB_HOST.")
    assert "DB_HOTS in .env is not a setting" in found["found"]
    assert patient.look(settings={"given": ["log_level"]})["names"]["fix"] == "Rename it to LOG_LEVEL."


def test_an_unknown_setting_without_a_close_match_is_a_note(patient: Patient) -> None:
    found = patient.look(settings={"given": ["ZEBRA", "DB_HOST", "DB_HOSTS"]})["names"]
    assert found["state"] == "note"
    assert found["found"] == "unknown in .env: ZEBRA, DB_HOSTS (did you mean DB_HOST?)"


# Port


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


# Database and migrations


def test_the_embedded_database_may_be_stopped(patient: Patient) -> None:
    found = patient.look()
    assert found["database"]["found"] == "embedded PostgreSQL, not running: make dev starts it"
    assert found["migrations"]["state"] == "ok"


def test_no_configured_database_is_wrong(patient: Patient) -> None:
    patient.told["database"] = {"none": "No database. Set DATABASE_URL or DB_HOST"}
    found = patient.look()
    assert found["database"]["state"] == "wrong"
    assert "migrations" not in found


@pytest.mark.parametrize(
    ("told", "state", "output"),
    [
        (NAMED | OURS, "ok", "shop at db:5432 (DB_HOST is set in .env) responds"),
        (NAMED | {"runs": False, "away": "connection refused"}, "wrong", "cannot be used: connection refused"),
        (NAMED | {"runs": True, "lacks": "shop"}, "wrong", "responds, but has no database shop"),
        (NAMED | {"runs": True, "tables": ["films"], "revisions": []}, "wrong", "another application: films"),
        (EMBEDDED | OURS, "ok", "shop at 127.0.0.1:5433 (embedded PostgreSQL) responds"),
        (EMBEDDED | {"runs": True, "lacks": "shop"}, "ok", "make dev creates the database"),
        (EMBEDDED | {"runs": False, "away": "starting up"}, "note", "does not respond: starting up"),
    ],
)
def test_the_database_is_checked(patient: Patient, told: dict[str, Any], state: str, output: str) -> None:
    patient.told["database"] = told
    found = patient.look()["database"]
    assert found["state"] == state
    assert output in found["found"]
    assert bool(found["fix"]) == (state != "ok")


@pytest.mark.parametrize(
    ("told", "state", "output", "fix"),
    [
        ({"pending": []}, "ok", "none pending", ""),
        ({"pending": ["a", "b"]}, "wrong", "2 pending: a, b", "make migrate-up"),
        ({"pending": list("abcde")}, "wrong", "5 pending: a, b, c and 2 more", "make migrate-up"),
        ({"beyond": ["f0"]}, "wrong", "the database has f0, which the project lacks", "git pull"),
        ({"heads": ["a1", "b2"]}, "wrong", "have 2 heads: a1, b2", "alembic merge"),
    ],
)
def test_migrations_are_checked(patient: Patient, told: dict[str, Any], state: str, output: str, fix: str) -> None:
    found = patient.look(database=EMBEDDED | OURS, migrations=told)["migrations"]
    assert found["state"] == state
    assert output in found["found"]
    assert fix in found["fix"]


@pytest.mark.parametrize(
    ("jobs", "output"),
    [
        ({"late": 3, "failed": 1}, "3 have waited for five minutes or more: no worker runs them"),
        ({"late": 0, "failed": 1}, "1 failed after all retries"),
    ],
)
def test_late_and_failed_jobs_are_reported(patient: Patient, jobs: dict[str, int], output: str) -> None:
    found = patient.look(database=EMBEDDED | OURS | {"jobs": jobs})["jobs"]
    assert (found["state"], found["found"]) == ("note", output)
    assert found["fix"]


@pytest.mark.parametrize(("does_jobs", "told"), [(False, True), (True, False), (None, False)])
def test_jobs_in_no_process_are_reported(patient: Patient, does_jobs: bool | None, told: bool) -> None:
    found = patient.look(settings={"jobs_in_api": does_jobs})
    assert ("jobs" in found) == told
    if told:
        assert found["jobs"]["state"] == "note"
        assert "JOBS_IN_API is not true" in found["jobs"]["found"]
        assert "JOBS_IN_API=true in .env" in found["jobs"]["fix"]


@pytest.mark.parametrize("jobs", [{}, {"late": 0, "failed": 0}])
def test_jobs_done_in_time_are_not_reported(patient: Patient, jobs: dict[str, int]) -> None:
    assert "jobs" not in patient.look(database=EMBEDDED | OURS | {"jobs": jobs})


# Code that does not run


def test_missing_packages_are_reported_once(patient: Patient) -> None:
    patient.told = {"settings": {"missing": "dotenv"}, "database": {"missing": "dotenv"}, "migrations": {"heads": []}}
    found = patient.look()
    assert found["packages"]["found"] == "not installed in .venv: dotenv"
    assert found["packages"]["fix"] == "make install"


def test_a_check_that_older_code_lacks_is_a_note(patient: Patient) -> None:
    patient.told["settings"] = {"error": "the project has no app.core.config"}
    found = patient.look()
    assert found["settings"]["found"] == "could not be checked: the project has no app.core.config"
    assert not states(found, "wrong")


def test_an_invalid_result_is_a_note(patient: Patient) -> None:
    write_command(patient.root / ".venv" / "bin" / "python", "print('3.12.1')")
    found = patient.look()
    assert found["service"]["state"] == "note"
    assert "unexpected output" in found["service"]["found"]


def test_hanging_code_times_out(patient: Patient) -> None:
    write_command(patient.root / ".venv" / "bin" / "python", "import time\ntime.sleep(600)")
    with pytest.raises(MkbackendError, match="did not finish in 1 seconds"):
        ask(patient.root, patience=1)
