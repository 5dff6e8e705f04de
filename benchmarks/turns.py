"""Comparisons of running servers, one at a time, in turns of two seconds.

The speed of a shared processor changes within seconds, so compared measurements must be close together.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, Measured, ratio
from benchmarks.load import CONNECTIONS
from benchmarks.processes import BenchError
from benchmarks.servers import Figures, Plan, Server, serving

TURN = 2


def measure_plans(
    plans: Sequence[Plan],
    place: Path,
    rounds: int,
    seconds: int,
    operations: Sequence[str],
    connections: int = CONNECTIONS,
) -> dict[str, Measured]:
    """Start the servers of some plans; return their results as `measure_servers` does."""
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(plan, place)) for plan in plans]
        return measure_servers(servers, rounds, seconds, operations, connections)


def measure_servers(
    servers: Sequence[Server], rounds: int, seconds: int, operations: Sequence[str], connections: int = CONNECTIONS
) -> dict[str, Measured]:
    """Return the results of each server for each operation in each round, after a turn to warm up."""
    details: dict[str, Measured] = {
        server.plan.name: {name: [] for name in operations if name in server.plan.operations} for server in servers
    }
    for operation in operations:
        _turns_of(servers, operation, range(1), connections)
    for number in range(rounds):
        for server in servers:
            server.sign_in()
        numbers = range(number, number + -(-seconds // TURN))
        for operation in operations:
            for name, turns in _turns_of(servers, operation, numbers, connections).items():
                details[name][operation].append(total_of(turns))
        print(f"round {number + 1} of {rounds}", flush=True)
    return details


def _turns_of(servers: Sequence[Server], operation: str, numbers: range, connections: int) -> dict[str, list[Figures]]:
    """Measure each server for two seconds, once for each number; each time another server is first."""
    able = [server for server in servers if operation in server.plan.operations]
    turns: dict[str, list[Figures]] = {server.plan.name: [] for server in able}
    for number in numbers:
        first = number % len(able)
        for server in [*able[first:], *able[:first]]:
            turns[server.plan.name].append(server.measure(operation, TURN, connections))
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


def ratios(details: Mapping[str, Measured], ours: str, key: str = "cpu_us", note: str = "") -> Iterator[Figure]:
    """Compare one value of our service with that of each other, for each operation, round by round."""
    for operation, rounds in details[ours].items():
        for name, has in details.items():
            if name != ours and operation in has:
                mine, theirs = ([each[key] for each in found] for found in (rounds, has[operation]))
                yield ratio(f"{operation}{note}: {ours} / {name}", mine, theirs, None)
