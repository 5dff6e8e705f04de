"""Instructions for one request: the generated service compared with L3A, the least that a developer would write.

Both run on the same Python, with the same packages and the same database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestants import APP, OURS, REFERENCE, app_of, limit, ours
from benchmarks.counts import MANY, SETTINGS, instructions
from benchmarks.figures import Figure, Measured, ratio
from benchmarks.processes import ROOT, run
from benchmarks.servers import GET, HEALTH, LIST, PATCH, Plan
from benchmarks.stage import Stage
from benchmarks.unaudited import UNAUDITED, unaudited

AIMS = {GET: 0.75, LIST: 0.85, PATCH: 1.0, HEALTH: 1.5}


@dataclass(frozen=True)
class Contestant:
    """A counted service: its plan and its application, as driver.py imports it."""

    plan: Plan
    app: str


def measure(stage: Stage, place: Path, rounds: int) -> dict[str, Measured]:
    """Return the instructions of each operation in each round, for each service."""
    contestants = (
        Contestant(ours(stage, **SETTINGS), APP),
        Contestant(unaudited(stage, place, **SETTINGS), APP),
        Contestant(limit(REFERENCE, stage), app_of(REFERENCE)),
    )
    for each in contestants:
        _compile(each, stage.python)
    details: dict[str, Measured] = {each.plan.name: {} for each in contestants}
    for number in range(rounds):
        for each, letter in zip(contestants, "abc", strict=True):
            numbers = {operation: MANY for operation in AIMS if operation in each.plan.operations}
            here, name = place / f"minimal_{number}{letter}", f"Ada {number}{letter}"
            for operation, found in instructions(each.plan, stage.python, each.app, numbers, here, number, name):
                details[each.plan.name].setdefault(operation, []).append({"kilo_instructions": found / 1000})
        print(f"round {number + 1} of {rounds}", flush=True)
    return details


def figures(details: dict[str, Measured]) -> Iterator[Figure]:
    """Compare with L3A round by round. The PATCH without audit has no aim: the service is shipped with audit."""
    limits = details[REFERENCE]
    for operation, aim in AIMS.items():
        for name, its_aim in ((OURS, aim), (UNAUDITED, None)):
            if mine := details[name].get(operation):
                counted, theirs = ([each["kilo_instructions"] for each in has] for has in (mine, limits[operation]))
                yield ratio(f"{operation}, instructions: {name} / {REFERENCE}", counted, theirs, its_aim)


def _compile(contestant: Contestant, python: Path) -> None:
    """Compile the modules first: compiling would change the memory layout of the first round."""
    module, _, name = contestant.app.partition(":")
    env = {key: value.format(port=8000) for key, value in contestant.plan.env.items()}
    imports = f"import uvloop, benchmarks.driver; from {module} import {name}"
    run(python, "-c", imports, cwd=contestant.plan.cwd, **env | {"PYTHONPATH": str(ROOT)})
