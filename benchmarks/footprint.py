"""The footprint of each service before its first user comes (start, memory, packages), and its sign-ups.

Each has an environment with its production dependencies only.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import machine
from benchmarks.contestants import REFERENCE, limit, ours
from benchmarks.figures import Figure, Measured, ratio
from benchmarks.load import client_at, load
from benchmarks.processes import BenchError, run, seconds_since_start, tree, wait_for
from benchmarks.servers import HEALTH, Figures, Plan, Server, serving
from benchmarks.stage import Stage, copied

# All that L3A needs
PACKAGES = (
    *("fastapi", "uvicorn", "httptools", "uvloop", "sqlalchemy", "greenlet", "asyncpg"),
    *("pyjwt", "pwdlib", "argon2-cffi", "python-multipart"),
)
# Without the service itself, which some projects install too
COUNT = (
    "from importlib.metadata import distributions as all_of;"
    "print(len({each.name for each in all_of() if each.read_text('direct_url.json') is None}))"
)
# More than can be hashed in the time
ACCOUNTS = 2_000
# Seconds of rest before the memory of an idle service is read
REST = 1
UNITS = {"start_s": "start", "idle_mib": "memory, idle", "used_mib": "memory, used", "packages": "packages"}


def measure(stage: Stage, place: Path, rounds: int, seconds: int, peers: Sequence[Plan]) -> tuple[Measured, list[str]]:
    """Return the footprint of each service in each round, and which sign-ups were refused."""
    plans = [_shipped(stage, place), _least(stage, place), *peers]
    for plan in plans:
        # The first start compiles the modules, as building an image does.
        with serving(plan, place):
            pass
    measured: Measured = {plan.name: [] for plan in plans}
    refused: dict[str, str] = {}
    for number in range(rounds):
        for plan in plans:
            with serving(plan, place, signed_in=False) as server:
                found = _rest(server) | {"packages": _packages(plan)}
                if plan.sign_up and plan.name not in refused:
                    try:
                        found["sign_ups"] = _sign_ups(server, number, seconds)
                    except BenchError as error:
                        refused[plan.name] = f"sign-ups of {plan.name}: {str(error).splitlines()[0]}"
                measured[plan.name].append(found)
        print(f"round {number + 1} of {rounds}", flush=True)
    return measured, list(refused.values())


def figures(measured: Measured) -> Iterator[Figure]:
    """Compare with each other service, round by round."""
    mine, *others = measured
    for key, what in UNITS.items():
        for name in others:
            ours_is, theirs = ([each[key] for each in measured[which]] for which in (mine, name))
            yield ratio(f"{what}: {mine} / {name}", ours_is, theirs, None)
    for name in others:
        pairs = list(zip(measured[mine], measured[name], strict=True))
        if all("sign_ups" in each for pair in pairs for each in pair):
            ours_is, theirs = ([1 / pair[side]["sign_ups"] for pair in pairs] for side in (0, 1))
            yield ratio(f"sign-up, time: {mine} / {name}", ours_is, theirs, None)


def _rest(server: Server) -> Figures:
    """Return the time until the first health check, and the memory before and after the first requests."""
    health = server.plan.operations[HEALTH]("", "")
    if not wait_for(lambda: server.ask(health).status_code == 200):
        server.good(health)
    figures = {"start_s": seconds_since_start(server.pid)}
    time.sleep(REST)
    figures["idle_mib"] = mebibytes(server.pid)
    server.sign_in()
    time.sleep(REST)
    return figures | {"used_mib": mebibytes(server.pid)}


def _sign_ups(server: Server, number: int, seconds: int) -> float:
    """Return how many accounts are registered in a second."""
    if server.plan.sign_up is None:
        raise BenchError(f"{server.plan.name} has no sign-up.")
    names = (f"new-{number}-{person}" for person in range(ACCOUNTS))
    raw = [server.plan.sign_up(name).raw(server.port, client_at(person)) for person, name in enumerate(names)]
    done = load(server.port, raw, seconds)
    return done.requests / done.seconds


def mebibytes(pid: int) -> float:
    """Return the memory of a process and its descendants, a share of what they share with others (PSS)."""
    rollups = [Path(f"/proc/{number}/smaps_rollup").read_text().splitlines() for number in tree(pid)]
    return sum(int(line.split()[1]) for lines in rollups for line in lines if line.startswith("Pss:")) / 1024


def _packages(plan: Plan) -> int:
    return int(run(Path(plan.command[0]).with_name("python"), "-I", "-c", COUNT, cwd=plan.cwd))


def _shipped(stage: Stage, place: Path) -> Plan:
    """Return the plan of the generated service without its development tools, as its image has it."""
    copy = copied(stage.project, place / "shipped")
    run("uv", "sync", "--quiet", "--no-dev", cwd=copy, UV_PYTHON=sys.executable, UV_PYTHON_DOWNLOADS="never")
    return ours(replace(stage, project=copy, python=copy / ".venv" / "bin" / "python"))


def _least(stage: Stage, place: Path) -> Plan:
    """Return the plan of L3A in an environment with the versions of the generated service."""
    python = place / "least" / "bin" / "python"
    run("uv", "venv", "--quiet", "--python", sys.executable, place / "least", cwd=place)
    pins = [f"{name}=={version}" for name, version in machine.versions(stage.python, PACKAGES).items()]
    run("uv", "pip", "install", "--quiet", "--python", python, *pins, cwd=place)
    return limit(REFERENCE, replace(stage, python=python))
