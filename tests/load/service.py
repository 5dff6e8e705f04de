"""The service of a generated project, as a process of its own."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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
    password: str = field(repr=False)
    token: str = field(default="", repr=False)

    @property
    def pid(self) -> int:
        """The process that a signal is for."""
        return children(self.leash.pid)[0]

    def processes(self) -> list[int]:
        """Return the numbers of all its processes."""
        return [self.pid, *children(self.pid)]

    def memory(self, what: str = "VmRSS") -> float:
        """Return the MB that its processes hold together; VmHWM is the most that they ever held."""
        status = "".join(Path(f"/proc/{pid}/status").read_text() for pid in self.processes())
        return sum(int(kb) for kb in re.findall(rf"{what}:\s+(\d+) kB", status)) / 1024

    def peak(self) -> float:
        """Return the MB that its processes hold, and have VmHWM count from there on."""
        for pid in self.processes():
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        return self.memory("VmHWM")

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def client(self) -> httpx.Client:
        """Give a client of the admin, more patient than the service."""
        url = f"http://127.0.0.1:{self.port}/api/v1"
        return httpx.Client(base_url=url, timeout=60, trust_env=False, headers=self.authorization)

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
def service(database: Database, scratch: Path, workers: int = 1, **settings: str) -> Iterator[Service]:
    """Serve a database, with settings as they come but for some; end with us, however we end."""
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
    } | settings
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
