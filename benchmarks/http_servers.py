"""The generated service under several HTTP servers: the CPU time of a request, and how each treats its clients."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import endurance, probes
from benchmarks.contestants import OURS, ours
from benchmarks.figures import Figure, Measured
from benchmarks.probes import Question
from benchmarks.processes import run
from benchmarks.servers import GET, HEALTH, Server, serving
from benchmarks.stage import EMAIL, Stage
from benchmarks.turns import measure_servers, ratios

GRANIAN = "granian[reload]==2.8.7"
PACKAGES = ("uvicorn", "httptools", "h11", "uvloop", "granian")
OPERATIONS = (HEALTH, GET)
# Headers of a browser: their number is part of the cost of a request.
BROWSER = {
    "Accept": "application/json, text/plain, */*",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9",
    "Cache-Control": "no-cache",
    "Origin": "https://www.example.com",
    "Referer": "https://www.example.com/",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-site",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}
SETTINGS = {"REQUEST_TIMEOUT": "5", "RATE_LIMIT_FACTOR": "1000"}
DEVELOPMENT = {"ENVIRONMENT": "development", "RELOAD": "true"}
FEW_FILES = ("bash", "-c", 'ulimit -n 200; exec "$@"', "few-files")
Table = list[list[str]]


@dataclass(frozen=True)
class Way:
    """A way to serve the application: a command of Python, and what it adds for reloading and for workers."""

    name: str
    command: Sequence[str]
    reload: Sequence[str] = ()
    workers: Sequence[str] = ()
    env: dict[str, str] = field(default_factory=dict)


def _uvicorn(parser: str) -> Way:
    app = ("-m", "uvicorn", "app.main:create_app", "--factory", "--port", "{port}", "--http", parser)
    quiet = ("--no-access-log", "--no-proxy-headers")
    return Way(f"uvicorn, {parser}", (*app, *quiet), ("--reload", "--reload-dir", "app"), ("--workers", "2"))


WAYS = (
    Way(OURS, ("-m", "app")),
    _uvicorn("httptools"),
    _uvicorn("h11"),
    Way(
        "granian",
        ("-m", "granian", "--interface", "asgi", "--factory", "app.main:create_app", "--port", "{port}"),
        ("--reload", "--reload-paths", "app"),
        ("--workers", "2"),
    ),
)


def install(stage: Stage) -> None:
    """Install the server that the service does not bring."""
    run("uv", "pip", "install", "--quiet", "--python", stage.python, GRANIAN, cwd=stage.project)


def measure(stage: Stage, place: Path, rounds: int, seconds: int) -> dict[str, Measured]:
    """Return the results of each server for each operation in each round."""
    with ExitStack() as stack:
        servers = [stack.enter_context(_served(way, stage, place)) for way in WAYS]
        for server in servers:
            server.token.update(BROWSER)
        return measure_servers(servers, rounds, seconds, OPERATIONS)


def figures(details: dict[str, Measured]) -> Iterator[Figure]:
    """Compare the CPU time of the servers for one request, round by round."""
    return ratios(details, OURS)


def table(stage: Stage, place: Path) -> Table:
    """Return the answers of each server to each question."""
    columns = [dict(_answers(way, stage, place)) for way in WAYS]
    return [["", *(way.name for way in WAYS)], *([name, *(each[name] for each in columns)] for name in columns[0])]


def _answers(way: Way, stage: Stage, place: Path) -> Iterator[tuple[str, str]]:
    print(f"{way.name}: questions", flush=True)
    with _served(way, stage, place) as server:
        for name, question in probes.QUESTIONS:
            yield name, question(server)
        yield "client address behind a trusted proxy", _address(server, stage)
        with ThreadPoolExecutor(len(endurance.QUESTIONS)) as pool:
            answers = pool.map(lambda pair: pair[1](server), endurance.QUESTIONS)
            yield from zip((name for name, _ in endurance.QUESTIONS), answers, strict=True)
    idle = "a request beside 260 idle connections, of 200 open files"
    yield idle, _answer(way, stage, place, endurance.idle_connections, before=FEW_FILES)
    stop = "SIGTERM during a request: its response, and the end after"
    yield stop, _answer(way, stage, place, endurance.graceful_stop)
    env = SETTINGS | DEVELOPMENT | way.env
    changed = replace(way, command=(*way.command, *way.reload), env=env)
    yield "restart on a change", _answer(changed, stage, place, endurance.restart_on_a_change)
    shared = replace(way, command=(*way.command, *way.workers), env=way.env | {"WORKERS": "2"})
    yield "several workers", _answer(shared, stage, place, endurance.several_workers)


def _answer(way: Way, stage: Stage, place: Path, question: Question, before: Sequence[str] = ()) -> str:
    """Return the answer of a new server, which the question may leave unusable."""
    with _served(way, stage, place, before) as server:
        return question(server)


def _served(way: Way, stage: Stage, place: Path, before: Sequence[str] = ()) -> AbstractContextManager[Server]:
    plan = ours(stage, **SETTINGS | way.env)
    operations = {name: plan.operations[name] for name in OPERATIONS}
    command = [*before, str(stage.python), *way.command]
    return serving(replace(plan, name=way.name, command=command, operations=operations), place)


def _address(server: Server, stage: Stage) -> str:
    """Return the recorded address of a caller whose trusted proxy names it."""
    form = urlencode({"username": EMAIL, "password": "wrong"}).encode()
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(form)
    probes.ask(server, head + kind + form)
    [[address]] = stage.ask("SELECT address FROM audit_events ORDER BY id DESC LIMIT 1")
    return "known" if address == "192.0.2.7" else str(address)
