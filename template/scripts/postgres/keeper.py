"""The keeper of a server: a process that stops it when its parent is gone."""

import hashlib
import json
import os
import secrets
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from scripts.postgres import PostgresError, Server, find_binaries
from scripts.postgres.cluster import (
    USER,
    Cluster,
    adopt_orphans,
    is_shut,
    write_private,
)
from scripts.postgres.locks import has_holders, lock, try_lock

LOCAL = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
# For throwaway servers: their data need not survive a crash.
FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
MANY = "max_connections = 200\n"
# Every account can enter it; only our own folders are created there.
SHARED = Path("/var/tmp")  # noqa: S108  # nosec B108


@contextmanager
def _private() -> Iterator[Server]:
    """Run a throwaway server."""
    binaries, major = find_binaries()
    parent = Path(tempfile.gettempdir()).resolve()
    parent = SHARED if is_shut(parent) else parent
    home = Path(tempfile.mkdtemp(prefix="postgres-", dir=parent))
    try:
        if is_shut(home):
            home.chmod(0o711)
        cluster = Cluster(home, binaries, major)
        password = secrets.token_urlsafe(16)
        cluster.create(password, LOCAL + FAST + MANY, "--no-sync")
        try:
            yield _server(home, cluster.start(0), password)
        finally:
            cluster.stop("immediate")
    finally:
        _remove(home)


@contextmanager
def _shared(directory: Path) -> Iterator[Server]:
    """Run or join a shared server; its last user stops it."""
    binaries, major = find_binaries()
    home = _home(directory / str(major))
    with lock(home / "lock"):
        mine = (home / "users" / str(os.getpid())).open("a")
        try_lock(mine)
        cluster = Cluster(home, binaries, major)
    try:
        with lock(home / "lock"):
            server = _join(cluster)
        yield server
    finally:
        with lock(home / "lock"):
            mine.close()
            if not has_holders(home / "users"):
                cluster.stop("fast")


def _remove(home: Path) -> None:
    """Remove a folder; retry, as a dying process may still write there."""
    for _ in range(50):
        shutil.rmtree(home, ignore_errors=True)
        if not home.exists():
            break
        time.sleep(0.1)


def _home(wanted: Path) -> Path:
    """Return the folder, or one in /var/tmp if root's substitute cannot enter."""
    wanted.mkdir(parents=True, exist_ok=True)
    home = wanted
    if is_shut(wanted) and not (wanted / "data").exists():
        home = SHARED / f"pgdata-{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]}"
        with suppress(FileExistsError):
            home.mkdir()
        if not stat.S_ISDIR(home.lstat().st_mode) or home.lstat().st_uid != 0:
            raise PostgresError(f"{home} belongs to another user; remove it.")
        home.chmod(0o711)
    (home / "users").mkdir(exist_ok=True)
    return home


def _join(cluster: Cluster) -> Server:
    """Return the running server, or start it, on its previous port if that is free."""
    kept = cluster.home / "server.json"
    if not cluster.data.exists():
        password = secrets.token_urlsafe(16)
        write_private(kept, json.dumps({"port": 0, "password": password}))
        cluster.create(password, LOCAL)
    try:
        port, password = map(json.loads(kept.read_text()).get, ("port", "password"))
    except (OSError, ValueError) as error:
        raise PostgresError(f"{kept} is unreadable; remove {cluster.home}.") from error
    now = _running_port(cluster, password) or cluster.start(port)
    if now != port:
        write_private(kept, json.dumps({"port": now, "password": password}))
    return _server(cluster.home, now, password)


def _running_port(cluster: Cluster, password: str) -> int | None:
    """Return the port, verified by a login: pg_ctl trusts any process with the pid."""
    note = cluster.data / "postmaster.pid"
    if not note.exists():
        return None
    # Imported here: it takes longer than the start, and is seldom needed.
    from scripts.postgres.login import ask

    for _ in range(600):
        port = _noted_port(note)
        if port and not cluster.has_process():
            return None
        answer = ask(_server(cluster.home, port, password)) if port else "nobody"
        if isinstance(answer, Path) and answer.samefile(cluster.data):
            return port
        if answer != "busy":
            # Left by a crash: PostgreSQL would not start with it.
            note.unlink(missing_ok=True)
            return None
        time.sleep(0.1)
    raise PostgresError(f"PostgreSQL is not ready in time; see {cluster.home}/log.")


def _noted_port(note: Path) -> int | None:
    """Return the port in a pid file; a crash may leave the file empty."""
    with suppress(FileNotFoundError, IndexError):
        return int(note.read_text().splitlines()[3])
    return None


def _server(home: Path, port: int, password: str) -> Server:
    return Server("127.0.0.1", port, USER, password, USER, str(home))


def _reply(answer: dict[str, object]) -> None:
    # The parent may be gone already.
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")


def main() -> None:
    """Keep a server until the pipe closes: a folder's shared one, or a throwaway."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    adopt_orphans()
    life = _shared(Path(sys.argv[1])) if sys.argv[1:] else _private()
    try:
        with life as server:
            _reply(asdict(server))
            sys.stdin.buffer.read()
    except (PostgresError, OSError) as error:
        _reply({"error": str(error)})


if __name__ == "__main__":
    main()
