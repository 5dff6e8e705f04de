"""Sign-ups and logins, and an unrelated request during 200 logins: this work tree and the last release.

They hash passwords, which keeps a core busy.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.contestants import OURS, REGISTER, ours, register_at
from benchmarks.figures import Figure, Measured, ratio
from benchmarks.instructions import last_release
from benchmarks.load import CONNECTIONS, Request, client_at, load
from benchmarks.processes import BenchError
from benchmarks.servers import Figures, Server, serving
from benchmarks.stage import Stage, filled

AT_ONCE = 200
SIGN_UP, LOGIN = "sign-up", "login"
ALONE, BUSY = "GET a user, alone", f"GET a user, during {AT_ONCE} logins"
# of the p99 of BUSY, in ms
AIM = 500
# ms between unrelated requests, so that they add no load
PAUSE = 20
# more than can be hashed in the time
ACCOUNTS = 2_000
# The users have no password: they get the admin's.
PASSWORDS = "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE role = 'admin')"


@dataclass(frozen=True)
class Version:
    """A version of the service, running on its own database."""

    name: str
    stage: Stage
    server: Server

    def measure(self, number: int, seconds: int) -> Iterator[tuple[str, Figures]]:
        """Yield the results of one round."""
        self.server.sign_in()
        register = register_at(REGISTER)
        sign_ups = self._raw([register(f"new-{number}-{person}") for person in range(ACCOUNTS)])
        logins = self._raw([_login(person, self.stage.password) for person in range(len(self.stage.users))])
        yield SIGN_UP, self._load(sign_ups, seconds)
        yield LOGIN, self._load(logins, seconds)
        yield ALONE, self._ask_beside(seconds)
        with ThreadPoolExecutor(1) as beside:
            flood = beside.submit(self._load, logins, seconds + 2, AT_ONCE)
            yield BUSY, self._ask_beside(seconds)
            flood.result()
        # Waits for the logins that are still in the queue.
        self.server.sign_in()

    def _raw(self, requests: Sequence[Request]) -> list[bytes]:
        """Return requests of as many addresses, so that no rate limit is reached."""
        return [request.raw(self.server.port, client_at(number)) for number, request in enumerate(requests)]

    def _ask_beside(self, seconds: int) -> Figures:
        request = Request("GET", f"/api/v1/users/{self.stage.users[0]}")
        raw = request.raw(self.server.port, self.server.token)
        return self._load([raw], seconds, connections=1, pause=PAUSE)

    def _load(self, requests: Sequence[bytes], seconds: int, connections: int = CONNECTIONS, pause: int = 0) -> Figures:
        done = load(self.server.port, requests, seconds, connections, pause)
        if not done.requests:
            # Its latency of 0 would meet every aim.
            raise BenchError(f"{self.name}: no response in {seconds} s: measure when the machine is less busy.")
        return {"per_second": done.requests / done.seconds, "p50_ms": done.p50_ms, "p99_ms": done.p99_ms}


def measure(stage: Stage, place: Path, rounds: int, seconds: int) -> dict[str, Measured]:
    """Return the results of the last release and of the work tree in each round."""
    place.mkdir()
    release, released = last_release(stage, place)
    with ExitStack() as stack:
        versions = [
            stack.enter_context(_serving(name, stage, project, place))
            for name, project in ((release, released), (OURS, stage.project))
        ]
        details: dict[str, Measured] = {version.name: {} for version in versions}
        for number in range(rounds):
            for version in versions[:: -1 if number % 2 else 1]:
                for operation, results in version.measure(number, seconds):
                    details[version.name].setdefault(operation, []).append(results)
    return details


def figures(details: Mapping[str, Measured]) -> Iterator[Figure]:
    """Compare the time of sign-ups and logins, and the p99 of the unrelated request, round by round."""
    ((release, before),) = ((name, measured) for name, measured in details.items() if name != OURS)
    now = details[OURS]
    for operation in (SIGN_UP, LOGIN):
        mine, theirs = ([1 / each["per_second"] for each in measured[operation]] for measured in (now, before))
        yield ratio(f"{operation}, time: {OURS} / {release}", mine, theirs, None)
    mine, theirs = ([each["p99_ms"] for each in measured[BUSY]] for measured in (now, before))
    yield ratio(f"{BUSY}, p99: {OURS} / {release}", mine, theirs, None)
    yield Figure(f"{BUSY}, p99", mine, "ms", AIM)


@contextmanager
def _serving(name: str, stage: Stage, project: Path, place: Path) -> Iterator[Version]:
    database = stage.new_database("logins_" + "".join(filter(str.isalnum, name)))
    own = filled(project, stage.python, database)
    own.ask(PASSWORDS)
    with serving(replace(ours(own), name=name), place) as server:
        yield Version(name, own, server)


def _login(person: int, password: str) -> Request:
    form = {"username": f"user{person + 1}@example.com", "password": password}
    return Request("POST", "/api/v1/auth/login", form=form)
