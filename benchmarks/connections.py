"""The generated service compared with L3A and the peers on more connections than their pools keep open."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.contestants import OURS, REFERENCE, limit, ours
from benchmarks.figures import Figure, Measured
from benchmarks.servers import OPERATIONS, Plan
from benchmarks.stage import Stage
from benchmarks.turns import measure_plans, ratios

CONNECTIONS = 32


def measure(stage: Stage, place: Path, rounds: int, seconds: int, peers: Sequence[Plan]) -> dict[str, Measured]:
    """Return the results of each server for each operation in each round."""
    plans = [ours(stage), limit(REFERENCE, stage), *peers]
    return measure_plans(plans, place, rounds, seconds, OPERATIONS, CONNECTIONS)


def figures(details: dict[str, Measured]) -> Iterator[Figure]:
    """Compare the CPU time of the servers for one request, round by round."""
    return ratios(details, OURS, note=f", {CONNECTIONS} connections")
