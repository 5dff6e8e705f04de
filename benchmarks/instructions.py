"""Instructions for one request: the template of this work tree compared with that of the last release.

Both run on the same Python, with the same packages and data, so that only the template differs.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.contestants import APP, OURS, ours
from benchmarks.counts import MANY, SETTINGS, instructions, login_of
from benchmarks.figures import Figure, Measured, ratio
from benchmarks.load import Request
from benchmarks.processes import ROOT, BenchError, run
from benchmarks.servers import GET, LIST, PATCH
from benchmarks.stage import Stage, filled
from mkbackend.template import bundle

POST, LOGIN = "POST a user", "login"
# With one seed, on a quiet machine, the same code repeats to 0.02 %. Another seed, path or change gives other
# collisions in Python's dicts and caches: up to 2.8 % for a login. So each round has a seed, the median is compared.
TOLERANCE = 0.03
# Under valgrind hashing a password takes a second.
FEW = (6, 3)
REQUESTS = {GET: MANY, LIST: MANY, PATCH: MANY, POST: FEW, LOGIN: FEW}
IMPORTS = "import uvloop, benchmarks.driver; from app.main import app"


def measure(stage: Stage, place: Path, rounds: int) -> dict[str, Measured]:
    """Return the instructions of each operation in each round, for the last release and for the work tree."""
    release, released = last_release(stage, place)
    projects = {release: released, OURS: stage.project}
    for project in projects.values():
        # Compiles the modules first: compiling would change the memory layout of the first round.
        run(stage.python, "-c", IMPORTS, cwd=project, PYTHONPATH=str(ROOT))
    details: dict[str, Measured] = {name: {operation: [] for operation in REQUESTS} for name in projects}
    for number in range(rounds):
        for (name, project), letter in zip(projects.items(), "ab", strict=True):
            counted_here = f"counted_{number}{letter}"
            fresh = filled(project, stage.python, stage.new_database(counted_here))
            for operation, found in _count(fresh, place / counted_here, seed=number):
                details[name][operation].append({"kilo_instructions": found / 1000})
    return details


def figures(details: dict[str, Measured]) -> Iterator[Figure]:
    """Compare round by round, with the tolerance of counts."""
    ((release, before),) = ((name, measured) for name, measured in details.items() if name != OURS)
    for operation, rounds in details[OURS].items():
        mine, theirs = ([each["kilo_instructions"] for each in counts] for counts in (rounds, before[operation]))
        compared = ratio(f"{operation}, instructions: {OURS} / {release}", mine, theirs, None)
        yield replace(compared, tolerance=TOLERANCE)


def release_before(tags: Sequence[str]) -> str:
    """Return the newest release before the last tag, which is the work tree's.

    Raises:
        BenchError: the history has no earlier release.
    """
    if not (releases := [tag for tag in tags[:-1] if ".post" not in tag]):
        raise BenchError("No earlier release is in this clone's history: git fetch --unshallow")
    return releases[-1]


def last_release(stage: Stage, place: Path) -> tuple[str, Path]:
    """Create a project of the last release, to be run with the work tree's packages."""
    # Paths of equal length, as the memory layout decides the collisions in caches.
    template, project = place / "template.bundle", place / "release"
    template.write_bytes(bundle.build(ROOT))
    release = release_before(list(bundle.tags(template)))
    new = ("mkbackend", "new", project.name, "--yes", "--no-git", "--no-install", "--template", template)
    run(sys.executable, "-m", *new, "--ref", release, cwd=place)
    run(stage.python, "scripts/init_env.py", cwd=project)
    return release, project


def _count(stage: Stage, place: Path, seed: int) -> Iterator[tuple[str, float]]:
    plan = ours(stage, **SETTINGS)
    operations = {**plan.operations, POST: _create_user, LOGIN: lambda *_: login_of(plan)}
    return instructions(replace(plan, operations=operations), stage.python, APP, REQUESTS, place, seed)


def _create_user(_: str, name: str) -> Request:
    email = f"{name.replace(' ', '.')}@example.com"
    return Request("POST", "/api/v1/users", json={"email": email, "password": "a quiet harbour", "full_name": name})
