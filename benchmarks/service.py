"""The generated service against its limits and its peers, interleaved: each in every round, one at a time."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.contestants import LIMITS, OURS, REFERENCE, limits, ours
from benchmarks.figures import Figure, Measured, ratio
from benchmarks.servers import GET, LIST, OPERATIONS, PATCH, Plan, Server, serving
from benchmarks.stage import Stage

AIMS = {GET: 0.75, LIST: 0.75, PATCH: 0.9}
# A peer is to cost at least 1.5 times as much.
PEER_AIM = 1 / 1.5


def measure(stage: Stage, place: Path, rounds: int, seconds: int, peers: Sequence[Plan]) -> dict[str, Measured]:
    """Give what each server did with each operation in each round."""
    with ExitStack() as stack:
        plans = [ours(stage), *limits(stage), *peers]
        servers = [stack.enter_context(serving(plan, place)) for plan in plans]
        details: dict[str, Measured] = {plan.name: {name: [] for name in plan.operations} for plan in plans}
        for server, operation in _turns(servers):
            server.measure(operation, 1)
        for number in range(rounds):
            first = number % len(servers)
            for server in servers:
                server.sign_in()
            for server, operation in _turns([*servers[first:], *servers[:first]]):
                details[server.plan.name][operation].append(server.measure(operation, seconds))
            print(f"round {number + 1} of {rounds}", flush=True)
    return details


def _turns(servers: Sequence[Server]) -> Iterator[tuple[Server, str]]:
    """Go through one operation with all servers, then through the next."""
    for operation in OPERATIONS:
        yield from ((server, operation) for server in servers if operation in server.plan.operations)


def figures(details: dict[str, Measured]) -> Iterator[Figure]:
    """Compare the server's processor time for a request, round by round."""
    for operation in OPERATIONS:
        cpu = {
            name: [r["cpu_us"] for r in measured[operation]]
            for name, measured in details.items()
            if operation in measured
        }
        mine = cpu.pop(OURS)
        for name, theirs in cpu.items():
            aim = PEER_AIM if name not in LIMITS else AIMS[operation] if name == REFERENCE else None
            yield ratio(f"{operation}: {OURS} / {name}", mine, theirs, aim)
