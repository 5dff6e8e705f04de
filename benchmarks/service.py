"""The generated service compared with its limits and its peers, one at a time, in turns of two seconds.

The speed of a shared processor changes within seconds, so compared measurements must be close together.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.collector import collector
from benchmarks.contestants import LIMITS, OURS, REFERENCE, TELLING, limits, ours, telling
from benchmarks.figures import Figure, Measured, ratio
from benchmarks.processes import BenchError
from benchmarks.servers import GET, HEALTH, LIST, OPERATIONS, PATCH, Figures, Plan, Server, serving
from benchmarks.stage import Stage
from benchmarks.unaudited import UNAUDITED, unaudited

AIMS = {GET: 0.75, LIST: 0.75, PATCH: 0.9, HEALTH: 1.5}
# A peer should cost at least 1.6 times as much; for an update, 1.3 times.
PEER_AIMS = {GET: 1 / 1.6, LIST: 1 / 1.6, PATCH: 1 / 1.3}
MEASURED = tuple(AIMS)
TURN = 2


def measure(stage: Stage, place: Path, rounds: int, seconds: int, peers: Sequence[Plan]) -> dict[str, Measured]:
    """Return the results of each server for each operation in each round."""
    with ExitStack() as stack:
        told = telling(stage, stack.enter_context(collector()))
        plans = [ours(stage), *limits(stage), told, unaudited(stage, place), *peers]
        servers = [stack.enter_context(serving(plan, place)) for plan in plans]
        details: dict[str, Measured] = {plan.name: {name: [] for name in plan.operations} for plan in plans}
        _require_same_answers(servers[: len(LIMITS) + 2])
        for operation in MEASURED:
            turns_of(servers, operation, range(1))
        for number in range(rounds):
            for server in servers:
                server.sign_in()
            for operation in MEASURED:
                for name, turns in turns_of(servers, operation, range(number, number + -(-seconds // TURN))).items():
                    details[name][operation].append(total_of(turns))
            print(f"round {number + 1} of {rounds}", flush=True)
    return details


def turns_of(servers: Sequence[Server], operation: str, numbers: range) -> dict[str, list[Figures]]:
    """Measure each server for two seconds, once for each number; each time another server is first."""
    able = [server for server in servers if operation in server.plan.operations]
    turns: dict[str, list[Figures]] = {server.plan.name: [] for server in able}
    for number in numbers:
        first = number % len(able)
        for server in [*able[first:], *able[:first]]:
            turns[server.plan.name].append(server.measure(operation, TURN))
    return turns


def total_of(turns: Sequence[Figures]) -> Figures:
    """Return the results of several turns together."""
    # On a shared processor, a turn may pass without a response.
    if not (turns := [turn for turn in turns if turn["requests"]]):
        raise BenchError("No response in any turn: measure when the machine is less busy.")
    requests = sum(turn["requests"] for turn in turns)
    return {
        "cpu_us": sum(turn["cpu"] for turn in turns) / requests * 1e6,
        "per_second": requests / sum(turn["seconds"] for turn in turns),
        "p50_ms": median(turn["p50_ms"] for turn in turns),
        "p99_ms": median(turn["p99_ms"] for turn in turns),
    }


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
