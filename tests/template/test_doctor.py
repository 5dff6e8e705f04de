"""Tests of `mkbackend doctor` on a real project and PostgreSQL: it runs the project's code and changes nothing."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from pages import consoles

from .conftest import ROOT, Done, attempt, copy, run, start, wait_for

PROBE = ROOT / "src" / "mkbackend" / "doctor" / "probe"
# Checks that depend on the machine: its tools, and whether the tested template is in its home.
OF_THE_MACHINE = {"uv", "make", "docker", "template"}
EXECUTE = """
import asyncio, sys, asyncpg

async def execute():
    connection = await asyncpg.connect(sys.argv[1])
    await connection.execute(sys.argv[2])
    await connection.close()

asyncio.run(execute())
"""
Found = dict[str, dict[str, str]]


ADD_LATE_JOB = """
import asyncio, asyncpg
from app.core.settings.database import DatabaseSettings

async def main():
    url = DatabaseSettings().database_url.set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    await connection.execute(
        "INSERT INTO pgqueuer (priority, entrypoint, status, execute_after)"
        " VALUES (0, 'send-mail', 'queued', now() - interval '1 hour')"
    )
    await connection.close()

asyncio.run(main())
"""


class Place:
    """A copy of the installed project in its own repository."""

    def __init__(self, root: Path, python: Path) -> None:
        self.root, self.env = root, root / ".env"
        self.python = root / python

    def set(self, **settings: object) -> None:
        """Set variables in .env."""
        kept = [line for line in self.env.read_text().splitlines() if line.partition("=")[0] not in settings]
        lines = [*kept, *(f"{name}={value}" for name, value in settings.items())]
        self.env.write_text("\n".join(lines) + "\n")

    def doctor(self, *words: str, **env: str) -> Done:
        return attempt(sys.executable, "-m", "mkbackend", "doctor", *words, cwd=self.root, **env)

    def look(self, **env: str) -> Found:
        """Return the checks by name, the last one if a name repeats."""
        done = self.doctor("--json", **env)
        found = json.loads(done.output)
        assert done.code == int(found["wrong"] > 0)
        return {check["name"]: check for check in found["checks"]}

    def state(self) -> dict[str, Any]:
        """Return the modification time of every file."""
        return {str(path): path.lstat().st_mtime_ns for path in self.root.rglob("*")}

    def alembic(self, *words: str) -> None:
        run(self.python, "-m", "alembic", *words, cwd=self.root)


def wrong(found: Found) -> set[str]:
    return {name for name, check in found.items() if check["state"] == "wrong"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def place(installed: Path, python: Path, scratch: Path) -> Iterator[Place]:
    project = copy(installed, scratch / "patient")
    for words in (("init", "-q"), ("add", "--all"), ("commit", "-q", "-m", "step")):
        run("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *words, cwd=project)
    made = Place(project, python.relative_to(installed))
    made.set(PORT=free_port())
    yield made
    shutil.rmtree(project)


@pytest.fixture
def named(place: Place, server: str) -> str:
    """Create an empty database and set it in .env; return its name."""
    name = f"doctor_{token_hex(8)}"
    sql(place, server, f"CREATE DATABASE {name}")
    place.set(DATABASE_URL=server.rpartition("/")[0] + f"/{name}")
    return name


def sql(place: Place, server: str, statement: str) -> None:
    run(place.python, "-c", EXECUTE, server, statement, cwd=place.root)


def test_the_probe_is_typed(installed: Path, python: Path) -> None:
    config = ("--config-file", installed / "pyproject.toml", "--explicit-package-bases")
    assert "Success" in run(python, "-m", "mypy", *config, ".", cwd=PROBE, MYPYPATH=str(installed))


def test_a_new_project_has_no_problem_and_is_not_changed(place: Place) -> None:
    before = place.state()
    found = place.look()
    assert {name for name, check in found.items() if check["state"] != "ok"} <= OF_THE_MACHINE
    assert found["database"]["found"] == "embedded PostgreSQL, not running: make dev starts it"
    done = place.doctor()
    assert (done.code, done.output.splitlines()[-1]) == (0, "No problems found.")
    assert place.state() == before
    assert not (place.root / ".pgdata").exists()
    assert run("git", "status", "--porcelain", cwd=place.root) == ""


def test_a_weak_secret_is_reported_without_its_value(place: Place) -> None:
    place.set(JWT_SECRET_KEY="hunter2hunter2")
    found = place.look()
    assert wrong(found) == {"secrets"}
    assert found["secrets"]["found"] == "JWT_SECRET_KEY is weak: use at least 32 random characters"
    assert "hunter2" not in place.doctor().output


def test_a_weak_database_password_is_a_note(place: Place) -> None:
    place.set(DB_PASSWORD="hunter2")
    assert place.look()["secrets"]["state"] == "note"
    assert "hunter2" not in place.doctor().output


def test_no_part_of_an_invalid_secret_is_shown(place: Place) -> None:
    place.set(DATABASE_URL="postgresql://ada:hunter1?left:hunter2@127.0.0.1:1/shop")
    done = place.doctor("--json")
    assert done.code == 1
    assert "DATABASE_URL" in done.output
    assert "hunter" not in done.output


def test_a_missing_env_is_wrong_with_the_command_that_writes_it(place: Place) -> None:
    place.env.unlink()
    found = place.look()
    assert wrong(found) == {".env"}
    run(*found[".env"]["fix"].split(), cwd=place.root)
    assert not wrong(place.look(PORT=str(free_port())))


def test_settings_that_prevent_a_start_are_reported(place: Place) -> None:
    place.set(LOG_LEVEL="LOUD", JWT_ALGORITHM="none", ENVIRONMENT="")
    found = place.look()
    assert wrong(found) == {"settings"}
    assert "LOG_LEVEL: Input should be 'DEBUG'" in found["settings"]["found"]
    assert "JWT_ALGORITHM: Input should be 'HS256'" in found["settings"]["found"]


def test_the_settings_of_an_optional_part_are_checked(place: Place) -> None:
    place.set(METRICS_PORT=9464)
    assert place.look()["names"]["state"] == "ok"
    place.set(METRICS_PORT="many", TRACE_RATIO=2, LOG_LEVEL="LOUD")
    found = place.look()["settings"]["found"]
    assert [name for name in ("LOG_LEVEL", "METRICS_PORT", "TRACE_RATIO") if f"{name}: Input" not in found] == []


def test_the_settings_of_a_part_that_was_left_out_are_unknown(place: Place) -> None:
    shutil.rmtree(place.root / "app" / "kit" / "telemetry")
    place.set(METRICS_PORT=9464)
    found = place.look()
    assert not wrong(found)
    assert "unknown in .env: METRICS_PORT" in found["names"]["found"]


def test_a_misspelt_setting_is_wrong_and_suggests_the_closest_name(place: Place) -> None:
    place.set(DB_HOTS="localhost", LOGLEVEL="DEBUG", COMPOSE_PROJECT_NAME="shop", OF_MY_OWN="1")
    done = place.doctor()
    assert done.code == 1
    assert "DB_HOTS in .env is not a setting; did you mean DB_HOST?" in done.output
    assert "unknown in .env: LOGLEVEL (did you mean LOG_LEVEL?), OF_MY_OWN" in done.output


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_the_manual_shows_two_faults_as_they_are_printed(place: Place) -> None:
    (block,) = consoles(ROOT / "docs" / "operations.md")
    command, _, shown = block.partition("\n")
    assert command == "$ mkbackend doctor"
    place.set(DB_HOTS="localhost")
    place.env.chmod(0o644)
    done = place.doctor()
    assert done.code == 1
    assert same_everywhere(done.output) == same_everywhere(shown)


def same_everywhere(output: str) -> list[str]:
    """Return the lines of a report without the checks that depend on the machine, and without numbers but modes."""
    of_the_machine = re.compile(rf"^. ({'|'.join(OF_THE_MACHINE)}|git) .*\n(?: .*\n)*", re.MULTILINE)
    return re.sub(r"\b\d+(\.\d+)*\b(?!\))", "N", of_the_machine.sub("", output)).splitlines()


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_an_env_that_others_can_read_is_wrong(place: Place) -> None:
    place.env.chmod(0o644)
    found = place.look()
    assert wrong(found) == {".env"}
    run(*found[".env"]["fix"].split(), cwd=place.root)
    assert not wrong(place.look())


def test_a_port_used_by_another_program_is_wrong(place: Place) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        place.set(PORT=other.getsockname()[1])
        found = place.look()
    assert wrong(found) == {"port"}
    if sys.platform == "linux":
        assert f"(process {os.getpid()})" in found["port"]["found"]


def test_an_unreachable_configured_database_is_wrong(place: Place) -> None:
    place.set(DB_HOST="127.0.0.1", DB_PORT=free_port())
    found = place.look()
    assert wrong(found) == {"database"}
    assert found["database"]["found"].endswith("(DB_HOST is set in .env) cannot be used: connection refused")
    assert "migrations" not in found


def test_a_database_that_hangs_times_out(place: Place) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        place.set(DB_HOST="127.0.0.1", DB_PORT=silent.getsockname()[1], DB_CONNECT_TIMEOUT=600)
        found = place.look()
    assert found["database"]["found"].endswith("no response within 5 seconds")


def test_pending_migrations_are_reported_until_they_have_run(place: Place, named: str) -> None:
    found = place.look()
    assert wrong(found) == {"migrations"}
    assert found["migrations"]["fix"] == "make migrate-up"
    first = min((place.root / "alembic" / "versions").glob("*.py")).stem
    assert re.match(rf"\d+ pending: {first}", found["migrations"]["found"])
    place.alembic("upgrade", "head")
    found = place.look()
    assert not wrong(found)
    assert found["database"]["found"].endswith("(DATABASE_URL is set in .env) responds")
    assert found["migrations"]["found"] == "none pending"
    assert "jobs" not in found
    run(place.python, "-c", ADD_LATE_JOB, cwd=place.root)
    assert place.look()["jobs"]["found"].startswith("1 have waited")
    place.alembic("downgrade", "-1")
    assert place.look()["migrations"]["found"].startswith("1 pending: ")


def test_a_database_with_foreign_tables_is_reported(place: Place, named: str, server: str) -> None:
    sql(place, server.rpartition("/")[0] + f"/{named}", "CREATE TABLE films (id int)")
    found = place.look()
    assert wrong(found) == {"database"}
    assert found["database"]["found"].endswith("has tables of another application: films")
    assert "migrations" not in found


def test_a_database_of_newer_code_is_reported(place: Place, named: str, server: str) -> None:
    place.alembic("upgrade", "head")
    sql(place, server.rpartition("/")[0] + f"/{named}", "UPDATE alembic_version SET version_num = 'f00'")
    assert "the database has f00" in place.look()["migrations"]["found"]


def test_a_missing_database_is_reported(place: Place, server: str) -> None:
    place.set(DATABASE_URL=server.rpartition("/")[0] + "/missing")
    assert place.look()["database"]["found"].endswith("responds, but has no database missing")


def test_a_wrong_password_is_reported_without_its_value(place: Place, named: str, server: str) -> None:
    bad = re.sub(r":[^:@]+@", ":hunter2hunter2@", server)
    place.set(DATABASE_URL=bad)
    done = place.doctor()
    assert "password authentication failed" in done.output
    assert "hunter2" not in done.output


def test_the_embedded_database_is_checked_while_it_runs(place: Place) -> None:
    waits = ("-c", "import time\nprint('there', flush=True)\ntime.sleep(600)")
    with start(place.python, "-m", "scripts.devdb", "run", "--migrate", "--", "python", *waits, cwd=place.root) as user:
        assert user.stdin
        assert user.stdout
        assert any("there" in line for line in user.stdout)
        before = place.state()
        found = place.look()
        user.stdin.close()
    assert not wrong(found)
    assert found["database"]["found"].endswith("(embedded PostgreSQL) responds")
    assert found["migrations"]["found"] == "none pending"
    assert before.keys() >= {str(place.root / ".pgdata")}
    assert wait_for(lambda: "not running" in place.look()["database"]["found"])


def test_the_running_service_may_use_its_port(place: Place) -> None:
    with start(place.python, "-m", "scripts.devdb", cwd=place.root) as service:
        assert service.stdin
        # It creates a database first.
        assert wait_for(lambda: "own service" in place.look()["port"]["found"], 120)
        service.stdin.close()


def test_an_env_from_before_there_were_jobs_is_reported(place: Place) -> None:
    place.set(JOBS_IN_API="")
    found = place.look()
    assert not wrong(found)
    assert "JOBS_IN_API is not true" in found["jobs"]["found"]


def test_code_without_the_expected_names_is_a_note(place: Place) -> None:
    config = place.root / "app" / "core" / "config.py"
    config.write_text(config.read_text().replace("def get_settings", "def read_settings"))
    (place.root / "scripts" / "postgres" / "choice.py").unlink()
    (place.root / "alembic.ini").write_text("nonsense")
    found = place.look()
    assert not wrong(found)
    assert "cannot import name 'get_settings'" in found["settings"]["found"]
    assert found["database"]["found"] == "could not be checked: the project has no scripts.postgres.choice"
    assert found["migrations"]["found"].startswith("could not be checked: ")


def test_an_environment_without_the_packages_is_wrong(place: Place, python: Path) -> None:
    (place.root / ".venv").unlink()
    subprocess.run([python, "-m", "venv", "--without-pip", ".venv"], cwd=place.root, check=True)
    found = place.look()
    assert wrong(found) == {"packages"}
    assert "dotenv" in found["packages"]["found"]
    assert found["packages"]["fix"] == "make install"
