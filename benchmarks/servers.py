"""The measured servers: start, requests, and CPU time."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import time_ns

import httpx

from benchmarks.load import CONNECTIONS, Request, load
from benchmarks.processes import BenchError, cpu_seconds, free_port, started, tree, wait_for

Figures = dict[str, float]
# Builds a request from the id and the new name of a user.
Operation = Callable[[str, str], Request]
GET, LIST, PATCH, HEALTH = "GET a user", "list of 20", "PATCH a user", "GET /health"
# Those on users, which all services answer with the same fields.
OPERATIONS = (GET, LIST, PATCH)


@dataclass(frozen=True)
class Plan:
    """The command, settings and operations of a server. Command and settings may contain {port}."""

    name: str
    command: Sequence[str | Path]
    cwd: Path
    env: Mapping[str, str]
    operations: Mapping[str, Operation]
    users: Sequence[str]
    login: Request | None = None
    # Builds the request that registers an account, from a unique name.
    sign_up: Callable[[str], Request] | None = None


@dataclass(frozen=True)
class Server:
    """A running server."""

    plan: Plan
    port: int
    pid: int
    log: Path
    token: dict[str, str] = field(default_factory=dict)

    def ask(self, request: Request) -> httpx.Response:
        """Send one request."""
        url, headers = f"http://127.0.0.1:{self.port}{request.path}", request.headers(**self.token)
        with httpx.Client(trust_env=False, timeout=30) as client:
            return client.request(request.method, url, content=request.body, headers=headers)

    def sign_in(self) -> None:
        """Get a token for the requests that follow, and check that each operation works."""
        if self.plan.login:
            answer = self.good(self.plan.login)
            self.token["Authorization"] = f"Bearer {answer.json()['access_token']}"
        for operation in self.plan.operations:
            self.good(self._requests(operation)[0])

    def measure(self, operation: str, seconds: int, connections: int = CONNECTIONS) -> Figures:
        """Repeat one operation for all users in turn; return the throughput, latencies and CPU time."""
        raw = [request.raw(self.port, self.token) for request in self._requests(operation)]
        before = cpu_seconds(self.pid)
        try:
            done = load(self.port, raw, seconds, connections)
        except BenchError as error:
            raise BenchError(f"{self.plan.name}, {operation}: {error}\n{self._last_words()}") from error
        return {"cpu": cpu_seconds(self.pid) - before, **asdict(done)}

    def _requests(self, operation: str) -> list[Request]:
        """Return two requests for each user. Each changes the name, or an ORM would write nothing."""
        make, now = self.plan.operations[operation], time_ns()
        users = self.plan.users if operation != LIST else self.plan.users[:1]
        return [make(user, f"Ada {number} {now}") for number in range(2) for user in users]

    def good(self, request: Request) -> httpx.Response:
        """Send one request, which must succeed."""
        answer = self.ask(request)
        if answer.status_code != 200:
            said = f"{request.method} {request.path} returned {answer.status_code}: {answer.text[:500]}"
            raise BenchError(f"{self.plan.name}: {said}\n{self._last_words()}")
        return answer

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


@contextmanager
def serving(plan: Plan, logs: Path, *, signed_in: bool = True) -> Iterator[Server]:
    """Start a server, wait until it listens, and sign in."""
    port, log = free_port(), logs / f"{plan.name}.log"
    command = [str(word).format(port=port) for word in plan.command]
    env = {name: value.format(port=port) for name, value in plan.env.items()}
    with started(*command, cwd=plan.cwd, log=log, **env) as leash:
        if not wait_for(lambda: leash.poll() is not None or _listens(port)) or leash.poll() is not None:
            raise BenchError(f"{plan.name} does not start:\n{log.read_text(errors='replace')[-3000:]}")
        server = Server(plan, port, tree(leash.pid)[1], log)
        if signed_in:
            server.sign_in()
        yield server


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
