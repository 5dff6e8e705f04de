"""The service of a generated project in its own process."""

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

# The rows of an owner.
OWNED = 3


@dataclass(frozen=True)
class Service:
    """A running service, with the token of one of its users."""

    port: int
    leash: subprocess.Popen[str]
    uploads: Path
    log: Path
    email: str
    password: str = field(repr=False)
    token: str = field(default="", repr=False)

    @property
    def pid(self) -> int:
        """The id of the process that receives signals."""
        return children(self.leash.pid)[0]

    def processes(self) -> list[int]:
        """Return the ids of all its processes."""
        return [self.pid, *children(self.pid)]

    def memory(self, what: str = "VmRSS") -> float:
        """Return the MB used by its processes together; VmHWM is the peak."""
        status = "".join(Path(f"/proc/{pid}/status").read_text() for pid in self.processes())
        return sum(int(kb) for kb in re.findall(rf"{what}:\s+(\d+) kB", status)) / 1024

    def peak(self) -> float:
        """Reset the peak to the current use; return it in MB."""
        for pid in self.processes():
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        return self.memory("VmHWM")

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def client(self) -> httpx.Client:
        """Return a client signed in as this user, with a longer timeout than the service."""
        url = f"http://127.0.0.1:{self.port}/api/v1"
        return httpx.Client(base_url=url, timeout=60, trust_env=False, headers=self.authorization)

    def lives(self) -> bool:
        with self.client() as client:
            try:
                return client.get("/health").status_code == 200
            except httpx.TransportError:
                return False

    def signed_in(self) -> "Service":
        with self.client() as client:
            return replace(self, token=client.post("/auth/login", data=self.login).json()["access_token"])

    @property
    def login(self) -> dict[str, str]:
        return {"username": self.email, "password": self.password}

    def as_owner(self) -> "Service":
        """Return the service signed in as a new user without rights, who owns a few rows."""
        user = {"email": f"owner-{self.port}@example.com", "password": "a quiet harbour", "full_name": "Grace Hopper"}
        with self.client() as client:
            client.post("/users", json=user).raise_for_status()
        made = replace(self, email=user["email"], password=user["password"], token="").signed_in()
        with made.client() as client:
            for number in range(OWNED):
                client.post("/notes", json={"body": f"note {number}"}).raise_for_status()
        return made

    def stop(self) -> tuple[int, float]:
        """Send SIGTERM; return the exit code and the seconds until the exit."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        return self.leash.wait(60), time.monotonic() - began


@contextmanager
def service(database: Database, scratch: Path, workers: int = 1, **settings: str) -> Iterator[Service]:
    """Run the service on a database, with default settings and these; it stops with this process."""
    place = scratch / f"service-{free_port()}"
    place.mkdir()
    port, log = free_port(), place / "log"
    env = {
        "DATABASE_URL": database.url,
        "ENVIRONMENT": "test",
        # The generated .env has other values, for development.
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
    output = run(database.python, "-m", "scripts.create_admin", email, cwd=database.project, **env)
    password = re.search(r"password: (\S+)", output)
    assert password, output
    return password[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
