"""The service of a generated project, as a process of its own."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from template.conftest import run, start, wait_for

from .database import Database, children


@dataclass(frozen=True)
class Service:
    """A running service, and the token of its admin."""

    port: int
    leash: subprocess.Popen[str]
    uploads: Path
    log: Path
    admin: str
    password: str
    token: str = ""

    @property
    def pid(self) -> int:
        """The process that a signal is for."""
        return children(self.leash.pid)[0]

    def processes(self) -> list[int]:
        """Return the numbers of all its processes."""
        return [self.pid, *children(self.pid)]

    def client(self) -> httpx.Client:
        """Give a client of the admin, more patient than the service."""
        signed_in = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=60, trust_env=False, headers=signed_in
        )

    def lives(self) -> bool:
        with self.client() as client:
            try:
                return client.get("/health").status_code == 200
            except httpx.TransportError:
                return False

    def signed_in(self) -> "Service":
        form = {"username": self.admin, "password": self.password}
        with self.client() as client:
            return replace(self, token=client.post("/auth/login", data=form).json()["access_token"])

    def stop(self) -> tuple[int, float]:
        """Ask it to end; return its exit code, and after how many seconds."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        return self.leash.wait(60), time.monotonic() - began


@contextmanager
def service(database: Database, scratch: Path, workers: int = 1) -> Iterator[Service]:
    """Serve a database with the settings as they come; end with us, however we end."""
    place = scratch / f"service-{free_port()}"
    place.mkdir()
    port, log = free_port(), place / "log"
    env = {
        "DATABASE_URL": database.url,
        "ENVIRONMENT": "test",
        # What a generated .env says otherwise, for developing.
        "DEBUG": "false",
        "RELOAD": "false",
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
        "PORT": str(port),
        "WORKERS": str(workers),
        "UPLOAD_DIR": str(place / "uploads"),
    }
    admin = f"admin-{port}@example.com"
    password = _make_admin(database, admin, env)
    command = ("sh", "-c", f'exec "$0" -m app > {log} 2>&1', database.python)
    with start(*command, cwd=database.project, **env) as leash:
        made = Service(port, leash, place / "uploads", log, admin, password)
        assert wait_for(lambda: leash.poll() is not None or made.lives()), log.read_text()
        assert leash.poll() is None, log.read_text()
        yield made.signed_in()


def _make_admin(database: Database, email: str, env: dict[str, str]) -> str:
    said = run(database.python, "-m", "scripts.create_admin", email, cwd=database.project, **env)
    password = re.search(r"password: (\S+)", said)
    assert password, said
    return password[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
