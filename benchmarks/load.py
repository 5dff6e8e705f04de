"""Requests to a server, as fast as it answers: wrk, one thread."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.processes import BenchError

SCRIPT = Path(__file__).with_name("wrk.lua")
# One fewer than SQLAlchemy's pool keeps by default: no server opens connections while it is measured.
CONNECTIONS = 4
# Seconds after which wrk counts a request as failed.
PATIENCE = 60


@dataclass(frozen=True)
class Request:
    """One request; a body is JSON, or the fields of a form."""

    method: str
    path: str
    json: Mapping[str, object] | None = None
    form: Mapping[str, str] | None = None

    @property
    def body(self) -> str:
        """The encoded body."""
        if self.form is not None:
            return urlencode(self.form)
        return "" if self.json is None else json.dumps(self.json)

    def headers(self, **more: str) -> dict[str, str]:
        """Return the headers, with additional ones."""
        kind = "application/x-www-form-urlencoded" if self.form is not None else "application/json"
        return more | ({"Content-Type": kind} if self.body else {})

    def raw(self, port: int, headers: Mapping[str, str]) -> bytes:
        """Return the request as bytes of HTTP/1.1."""
        all_headers = {"Host": f"127.0.0.1:{port}", **self.headers(**headers), "Content-Length": str(len(self.body))}
        if not self.body:
            del all_headers["Content-Length"]
        lines = (f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in all_headers.items()), "", self.body)
        return "\r\n".join(lines).encode()


@dataclass(frozen=True)
class Load:
    """The results of a load test."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float


def load(port: int, requests: Sequence[bytes], seconds: int, connections: int = CONNECTIONS, pause: int = 0) -> Load:
    """Send requests in turn on several connections, `pause` ms after each response; none may fail."""
    with tempfile.NamedTemporaryFile(prefix="requests-") as file:
        file.write(b"\0".join(requests))
        file.flush()
        to = (f"http://127.0.0.1:{port}", "--", file.name, str(pause))
        command = (wrk(), "-t1", f"-c{connections}", f"-d{seconds}", f"--timeout={PATIENCE}", "-s", SCRIPT, *to)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"wrk ended with {done.returncode}: {done.stderr or done.stdout}")
    figures = json.loads(done.stdout.splitlines()[-1])
    refused, broken = figures.pop("refused"), figures.pop("broken")
    if refused or broken:
        raise BenchError(f"Of {figures['requests']} requests {refused} were refused and {broken} broke off.")
    return Load(**figures)


def client_at(number: int) -> dict[str, str]:
    """Return the header of a client with its own address: the limit for one address is never reached.

    The service trusts a proxy on this machine.
    """
    return {"X-Forwarded-For": f"10.0.{number // 250}.{number % 250 + 1}"}


def wrk() -> str:
    """Return the path of wrk."""
    if (found := shutil.which("wrk")) is None:
        raise BenchError("wrk is not installed: apt-get install wrk, dnf install wrk, brew install wrk.")
    return found
