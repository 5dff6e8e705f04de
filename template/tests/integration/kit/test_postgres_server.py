"""Servers of scripts/postgres: cleanup and persistence."""

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.core.settings.database import DatabaseSettings
from scripts import devdb
from scripts.postgres import (
    PostgresError,
    Server,
    find_binaries,
    persistent,
    throwaway,
)
from scripts.postgres.choice import DatabaseError

PROJECT = Path(__file__).parents[3]


def _has_binaries() -> bool:
    try:
        find_binaries()
    except PostgresError:
        return False
    return True


pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not _has_binaries(), reason="no PostgreSQL on this machine"),
]
only_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

# A program that prints the server that it uses and waits to be killed.
USER = """
import dataclasses, json, pathlib, signal, sys, time
from scripts.postgres import persistent, throwaway
# Where the tests run in the background, Ctrl-C may be ignored from the start.
signal.signal(signal.SIGINT, signal.default_int_handler)
folders = map(pathlib.Path, sys.argv[1:])
with (persistent(*folders) if sys.argv[1:] else throwaway()) as server:
    print(json.dumps(dataclasses.asdict(server)), flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """Yield a throwaway server for this module."""
    with throwaway() as server:
        yield server


@pytest.fixture(scope="module")
def folder(own_server: Server) -> Path:
    """Return devdb's data directory in "my project", which every account can enter.

    It is removed with the throwaway server around it, even if the tests are killed.
    """
    path = Path(own_server.home) / "my project" / ".pgdata"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def environment() -> Iterator[None]:
    """Restore the environment after the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def ask(server: Server, sql: str, **changes: Any) -> Any:
    """Return the result of one query."""

    async def go() -> Any:
        names = ("host", "port", "user", "password", "database")
        login = {name: getattr(server, name) for name in names} | changes
        connection = await asyncpg.connect(**login, ssl=False)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(go())


def answers(server: Server) -> bool:
    """Return whether the server's port accepts connections."""
    with socket.socket() as probe:
        return probe.connect_ex((server.host, server.port)) == 0


def kill_user(number: int, *arguments: str) -> Server:
    """Start a program that uses a server and kill it as a terminal does."""
    command = [sys.executable, "-c", USER, *arguments]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as user:
        assert user.stdout
        server = Server(**json.loads(user.stdout.readline()))
        assert answers(server)
        os.killpg(user.pid, number)
    return server


def stops(server: Server) -> bool:
    """Return whether the server stops within ten seconds."""
    deadline = time.monotonic() + 10
    while answers(server) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not answers(server)


def test_throwaway_uses_utf8_and_leaves_nothing() -> None:
    with throwaway() as server:
        assert ask(server, "SELECT lower('ÄÖÜ')") in ("äöü", "ÄÖÜ")
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SHOW listen_addresses") == "127.0.0.1"
        assert Path(server.home).exists()
    assert not answers(server)
    assert not Path(server.home).exists()


def test_throwaway_requires_its_password(own_server: Server) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(own_server, "SELECT 1", password="postgres")


@only_posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_throwaway_leaves_nothing_when_its_user_is_killed(name: str) -> None:
    server = kill_user(getattr(signal, name))
    assert stops(server)
    deadline = time.monotonic() + 10
    while Path(server.home).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(server.home).exists()


def test_persistent_keeps_data_port_and_password(folder: Path) -> None:
    with persistent(folder) as first:
        ask(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not answers(first)
    with persistent(folder) as second:
        assert second == first
        assert ask(second, "SELECT answer FROM kept") == 42
    assert (Path(second.home) / "server.json").stat().st_mode & 0o077 == 0


def test_persistent_changes_a_port_in_use(folder: Path) -> None:
    with persistent(folder) as first:
        pass
    with socket.create_server((first.host, first.port)), persistent(folder) as second:
        assert second.port != first.port
        assert ask(second, "SELECT 1") == 1


def test_persistent_stops_with_its_last_user(folder: Path) -> None:
    with persistent(folder) as first:
        with persistent(folder) as second:
            assert second == first
        assert ask(first, "SELECT 1") == 1
    assert not answers(first)


@only_posix
def test_persistent_outlives_one_of_two_users(folder: Path) -> None:
    with persistent(folder) as first:
        assert kill_user(signal.SIGKILL, str(folder)) == first
        time.sleep(0.5)
        assert ask(first, "SELECT 1") == 1
    assert not answers(first)


@only_posix
def test_persistent_stops_when_its_only_user_is_killed(folder: Path) -> None:
    assert stops(kill_user(signal.SIGKILL, str(folder)))


@only_posix
def test_persistent_finds_a_server_without_its_keeper(folder: Path) -> None:
    with persistent(folder) as first:
        ask(first, "CREATE TABLE orphaned AS SELECT 42 AS answer")
        (keeper,) = (Path(first.home) / "users").iterdir()
        os.kill(int(keeper.name), signal.SIGKILL)
    assert answers(first)
    with persistent(folder) as second:
        assert second == first
        assert ask(second, "SELECT answer FROM orphaned") == 42
    assert not answers(second)


@pytest.mark.parametrize("note", ["", "{pid}\n{data}\n1\n{port}\n\n127.0.0.1\n"])
def test_persistent_starts_after_a_crash(folder: Path, note: str) -> None:
    """Leave a PID file that is empty or names an unrelated process."""
    with persistent(folder) as first:
        pass
    data = Path(first.home) / "data"
    stale = note.format(pid=os.getpid(), data=data, port=first.port)
    (data / "postmaster.pid").write_text(stale)
    with persistent(folder) as second:
        assert ask(second, "SELECT 1") == 1


def test_permissions_of_directories_are_not_relaxed(folder: Path) -> None:
    """Close the parent directory: as root, the server keeps its data elsewhere."""
    closed = folder.parent / "closed for all"
    project = closed / "project"
    closed.mkdir(mode=0o700)
    project.mkdir(mode=0o755)
    with persistent(project / ".pgdata") as server:
        home = Path(server.home)
        assert ask(server, "SELECT 1") == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert stat.S_IMODE(project.stat().st_mode) == 0o755
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
    if not home.is_relative_to(closed):
        shutil.rmtree(home)


def test_an_invalid_pg_bin_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(PROJECT / "none"))
    with pytest.raises(PostgresError, match=r"none \(does not run\).* PG_BIN"):
        throwaway().__enter__()


@pytest.mark.usefixtures("environment")
def test_a_command_gets_the_database(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Create it, name it in one line, and return the exit code."""
    project = folder.parent
    monkeypatch.setattr(devdb, "PROJECT", project)
    monkeypatch.chdir(project)
    (project / ".env").write_text('DB_PASSWORD=other\nDB_NAME="my-app"\n')
    code = "import os; print(os.environ['DB_NAME'], os.environ['DB_PORT']); exit(7)"
    assert devdb.main(["run", "--", sys.executable, "-c", code]) == 7
    printed = capfd.readouterr()
    name, port = printed.out.split()
    assert name == "my-app"
    assert printed.err.startswith(f"Database: my-app at 127.0.0.1:{port} (")
    assert printed.err.count("\n") == 1


def test_a_database_with_foreign_tables_is_refused(
    own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("host", "port", "user", "password"):
        monkeypatch.setenv(f"DB_{name.upper()}", str(getattr(own_server, name)))
    monkeypatch.setenv("DB_NAME", own_server.database)
    settings = DatabaseSettings()
    devdb.refuse_foreign(settings)
    ask(own_server, "CREATE TABLE payroll ()")
    with pytest.raises(DatabaseError, match="payroll"):
        devdb.refuse_foreign(settings)
    ask(own_server, "CREATE TABLE alembic_version ()")
    devdb.refuse_foreign(settings)
