"""Test that a project stays whole on a random walk of 200 steps, from an earlier release to this one.

The seed is printed by a failure; `MKBACKEND_WALK=SEED` walks the same way again.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from combinations import FULL

from mkbackend.slices.record import read_all

from .conftest import attempt, checks, commit
from .releases import made_by
from .test_slices import OF_ALL
from .walk import KINDS, Walk

pytestmark = pytest.mark.skipif(not FULL, reason="nox -s full")
STEPS = 200
RELEASES = ("0.12.0", "0.13.1")


@pytest.fixture
def walk(installed: Path, scratch: Path, on_one_server: None) -> Iterator[Walk]:
    seed = int(os.environ.get("MKBACKEND_WALK") or secrets.randbelow(10**6))
    release = RELEASES[seed % len(RELEASES)]
    project = made_by(release, scratch / f"walk-{seed}", scratch / f"mkbackend-of-walk-{seed}")
    (project / ".venv").symlink_to((installed / ".venv").resolve())
    commit(project)
    yield Walk(project, seed)
    shutil.rmtree(project)


def test_a_project_stays_whole_on_a_random_walk(walk: Walk) -> None:
    updated = walk.random.randrange(STEPS // 20, STEPS // 4)
    try:
        for number in range(1, STEPS + 1):
            walk.step()
            if number == updated:
                walk.update()
            if number > updated and number % 25 == 0:
                walk.require_current()
            if number in (STEPS // 2, STEPS):
                require_linted(walk.project)
        require_tested(walk.project)
        assert not KINDS.keys() - walk.made.keys(), "each kind of step was made at least once"
    except BaseException:
        print(f"MKBACKEND_WALK={walk.seed}", *walk.log, sep="\n")
        raise


def require_linted(project: Path) -> None:
    """Require that the checks of `make lint` pass."""
    programs = project / ".venv/bin"
    for program, *arguments in checks(project / "pyproject.toml").values():
        require(project, programs / program, *arguments)
    require(project, programs / "python", "-m", "scripts.lint_migrations")


def require_tested(project: Path) -> None:
    """Require that the tests of slices, and those over all routes and tables pass."""
    names = {
        f"tests/{kind}/test_{each.resource.name}_" for each in read_all(project) for kind in ("unit", "integration")
    }
    paths = (path.relative_to(project).as_posix() for path in sorted(project.glob("tests/*/test_*.py")))
    own = [path for path in paths if path.startswith(tuple(names))]
    require(project, project / ".venv/bin/python", "-m", "pytest", "-q", "-n2", "--maxfail=1", *own, *OF_ALL)


def require(project: Path, *command: str | Path) -> None:
    done = attempt(*command, cwd=project, TMPDIR=str(project.parent))
    assert not done.code, "\n".join(done.output.splitlines()[-80:])
