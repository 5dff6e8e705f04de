"""The choice of a development database, and the commands that use it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.config import ConfigurationError, Settings
from scripts import devdb
from scripts.postgres import PostgresError, choice
from scripts.postgres.choice import DatabaseError, Ways, choose
from scripts.postgres.command import run
from tests.conftest import MakeSettings

PROJECT = Path(__file__).parents[3]
COMPOSE = {"DB_HOST": "127.0.0.1", "DB_PORT": "5433"}


def ways(
    *, running: int | None = None, binaries: bool = False, started: int | None = None
) -> Ways:
    """Return the database sources that a machine has."""

    def find() -> None:
        if not binaries:
            raise PostgresError("No PostgreSQL.")

    return Ways(find, lambda: running, lambda: started)


EVERY_WAY = ways(running=5433, binaries=True, started=5433)


@pytest.mark.parametrize(
    ("environ", "dotenv", "reason"),
    [
        ({"DATABASE_URL": "x"}, {}, "DATABASE_URL is set in the environment"),
        ({}, {"DATABASE_URL": "x"}, "DATABASE_URL is set in .env"),
        ({"DB_HOST": "x"}, {}, "DB_HOST is set in the environment"),
        ({}, {"DB_HOST": "x"}, "DB_HOST is set in .env"),
        ({"DB_HOST": "x"}, {"DATABASE_URL": "x"}, "DATABASE_URL is set in .env"),
        ({"DB_HOST": "x"}, {"DB_HOST": "y"}, "DB_HOST is set in the environment"),
    ],
)
def test_a_configured_database_is_used(
    environ: dict[str, str], dotenv: dict[str, str], reason: str
) -> None:
    chosen = choose(environ, dotenv, EVERY_WAY)
    assert (chosen.reason, chosen.settings, chosen.embedded) == (reason, {}, False)


@pytest.mark.parametrize(
    ("machine", "reason", "settings", "embedded"),
    [
        (EVERY_WAY, "is running", COMPOSE, False),
        (ways(binaries=True, started=5433), "embedded", {}, True),
        (ways(started=5433), "was started: No PostgreSQL", COMPOSE, False),
    ],
    ids=["compose runs", "own server", "compose is started"],
)
def test_the_first_available_source_is_chosen(
    machine: Ways, reason: str, settings: dict[str, str], embedded: bool
) -> None:
    named_nothing = {"DATABASE_URL": "", "DB_NAME": "app", "DB_PASSWORD": "x"}
    chosen = choose(named_nothing, {"DB_HOST": ""}, machine)
    assert reason in chosen.reason
    assert (chosen.settings, chosen.embedded) == (settings, embedded)


def test_without_a_source_the_error_names_all() -> None:
    with pytest.raises(DatabaseError, match=r"DATABASE_URL.*Docker.*No PostgreSQL"):
        choose({}, {}, ways())


def test_an_invalid_pg_bin_is_refused() -> None:
    with pytest.raises(PostgresError):
        choose({"PG_BIN": "/none"}, {}, ways(started=5433))


@pytest.mark.parametrize(
    ("output", "code", "port"),
    [
        ("0.0.0.0:5433\n", 0, 5433),
        ("127.0.0.1:5433\n[::1]:5433\n", 0, 5433),
        (":0\n", 0, None),
        ("", 0, None),
        ("", 1, None),
    ],
)
def test_the_port_is_read_from_compose(
    monkeypatch: pytest.MonkeyPatch, output: str, code: int, port: int | None
) -> None:
    program = f"import sys; print({output!r}, end=''); sys.exit({code})"
    command = [sys.executable, "-c", program]
    monkeypatch.setattr(choice, "_compose_command", lambda *_: command)
    assert choice.running_port() == port


def test_without_docker_there_is_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert choice.running_port() is None
    assert choice.started_port() is None


@pytest.mark.parametrize("code", [0, 1, 7])
def test_the_exit_code_is_passed_on(code: int) -> None:
    assert run([sys.executable, "-c", f"raise SystemExit({code})"]) == code


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_command_once(number: signal.Signals) -> None:
    """Send the signal to the runner alone, as an editor's stop button does."""
    counting = (
        "import signal, time; seen = []\n"
        f"signal.signal({int(number)}, lambda *_: seen.append(1))\n"
        "print('ready', flush=True); time.sleep(0.6); raise SystemExit(40 + len(seen))"
    )
    runner = (
        "import sys; from scripts.postgres.command import run\n"
        f"sys.exit(run([sys.executable, '-c', {counting!r}]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", runner],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        os.kill(process.pid, number)
    assert process.returncode == 41


def test_a_killed_command_returns_128_plus_its_signal() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert run([sys.executable, "-c", code]) == 128 + signal.SIGTERM


def test_app_never_imports_scripts() -> None:
    imported = re.compile(r"^\s*(from|import) scripts\b", re.MULTILINE)
    for path in (PROJECT / "app").rglob("*.py"):
        assert not imported.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("does_jobs", [True, False])
def test_devdb_warns_if_no_worker_runs_jobs(
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    does_jobs: bool,
) -> None:
    settings = make_settings(JOBS_IN_API=does_jobs)
    monkeypatch.setattr(devdb, "get_settings", lambda: settings)
    devdb.warn_of_jobs()
    assert ("JOBS_IN_API=true" in capsys.readouterr().err) is not does_jobs


def test_devdb_leaves_invalid_settings_to_the_service(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> Settings:
        raise ConfigurationError

    monkeypatch.setattr(devdb, "get_settings", refuse)
    devdb.warn_of_jobs()
    assert capsys.readouterr().err == ""
