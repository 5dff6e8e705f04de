"""The generated service compared with its limits and its peers."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.collector import collector
from benchmarks.contestants import LIMITS, OURS, REFERENCE, TELLING, limits, ours, telling
from benchmarks.figures import Figure, Measured, ratio
from benchmarks.processes import BenchError
from benchmarks.servers import GET, HEALTH, LIST, OPERATIONS, PATCH, Plan, Server, serving
from benchmarks.stage import Stage
from benchmarks.turns import measure_servers
from benchmarks.unaudited import UNAUDITED, unaudited

AIMS = {GET: 0.75, LIST: 0.75, PATCH: 0.9, HEALTH: 1.5}
# A peer should cost at least 1.6 times as much; for an update, 1.3 times.
PEER_AIMS = {GET: 1 / 1.6, LIST: 1 / 1.6, PATCH: 1 / 1.3}
MEASURED = tuple(AIMS)


def measure(stage: Stage, place: Path, rounds: int, seconds: int, peers: Sequence[Plan]) -> dict[str, Measured]:
    """Return the results of each server for each operation in each round."""
    with ExitStack() as stack:
        told = telling(stage, stack.enter_context(collector()))
        plans = [ours(stage), *limits(stage), told, unaudited(stage, place), *peers]
        servers = [stack.enter_context(serving(plan, place)) for plan in plans]
        _require_same_answers(servers[: len(LIMITS) + 2])
        return measure_servers(servers, rounds, seconds, MEASURED)


def _require_same_answers(servers: Sequence[Server]) -> None:
    """Require that the limits return the same fields as the generated service."""
    fields = {server.plan.name: [_fields(server, operation) for operation in OPERATIONS] for server in servers}
    if wrong := [name for name in fields if fields[name] != fields[OURS]]:
        raise BenchError(f"{', '.join(wrong)}: expected the fields of {OURS}, {fields[OURS]}. Fix benchmarks/limits.")


def _fields(server: Server, operation: str) -> tuple[int, list[str]]:
    """Return the number of users in a response, and the fields of one."""
    body: dict[str, Any] = server.good(server.plan.operations[operation](server.plan.users[0], "Ada")).json()
    users = body.get("items", [body])
    return len(users), sorted(users[0])


def figures(details: dict[str, Measured]) -> Iterator[Figure]:
    """Compare the CPU time of the servers for one request, round by round."""
    for operation in details[OURS]:
        cpu = {name: [each["cpu_us"] for each in has[operation]] for name, has in details.items() if operation in has}
        mine = cpu.pop(OURS)
        # L3A writes no audit row either.
        if (bare := cpu.pop(UNAUDITED, None)) and (least := cpu.get(REFERENCE)):
            yield ratio(f"{operation}: {UNAUDITED} / {REFERENCE}", bare, least, None)
        if told := cpu.pop(TELLING, None):
            yield ratio(f"{operation}: {TELLING} / {OURS}", told, mine, None)
        for name, theirs in cpu.items():
            yield ratio(f"{operation}: {OURS} / {name}", mine, theirs, _aim(name, operation))


def _aim(name: str, operation: str) -> float | None:
    """Return the aim of the ratio to a limit or a peer."""
    aims = AIMS if name == REFERENCE else {} if name in LIMITS else PEER_AIMS
    return aims.get(operation)
