"""Tests of extended projects of earlier releases: an update rewrites the owner's code to the moved names.

`library/every` has the owner's files in a project of 0.5.0; `library/with_jobs` has additional files for a project with
a queue. $HEAD is the previous migration.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from combinations import FULL

from .conftest import TEMPLATE, add_files, commit, make, run
from .releases import made_by

pytestmark = pytest.mark.skipif(not FULL, reason="nox -s full")
LIBRARY = Path(__file__).with_name("library")
# The line of create_app after which the middleware is registered.
REGISTER = "    setup_openapi(app, settings)\n"
NAMES = re.compile(r"(\d+) names in (\d+) files rewritten")
UNDO = "git restore --source=HEAD --staged --worktree ."


@dataclass(frozen=True)
class Updated:
    """An updated project of an earlier release, with the output of the preview and of the update."""

    project: Path
    previewed: str
    output: str


@pytest.fixture(scope="module", params=["0.5.0", "0.8.0"])
def updated(request: pytest.FixtureRequest, scratch: Path, on_one_server: None) -> Iterator[Updated]:
    release: str = request.param
    project = scratch / f"library-{release}"
    extend(made_by(release, project, scratch / f"mkbackend-{release}"), release)
    commit(project)
    previewed = run(sys.executable, "-m", "mkbackend", "update", "--dry-run", cwd=project)
    assert run("git", "status", "--porcelain", cwd=project) == ""
    output = run(sys.executable, "-m", "mkbackend", "update", cwd=project)
    # CHANGELOG.md, 0.8.0: the owner's writing routes need requests in tests/calls.
    (project / "tests/calls").mkdir(exist_ok=True)
    shutil.copy(LIBRARY / "every/tests/calls/loans.py", project / "tests/calls")
    make(project, "install")
    yield Updated(project, previewed, output)
    shutil.rmtree(project)


def extend(project: Path, release: str) -> None:
    """Add the owner's code: an entity with its routes, a script, a middleware, a WebSocket, and jobs."""
    add_files(LIBRARY / "every", project)
    if release == "0.5.0":
        shutil.rmtree(project / "tests/calls")
    else:
        add_files(LIBRARY / "with_jobs", project)
    main = project / "app/main.py"
    text = main.read_text("utf-8")
    assert text.count(REGISTER) == 1
    text = text.replace(REGISTER, f"{REGISTER}    app.add_middleware(BranchMiddleware, settings=settings)\n")
    before = "from app.middleware.cors import"
    main.write_text(text.replace(before, f"from app.middleware.branch import BranchMiddleware\n{before}"), "utf-8")


def test_the_owners_code_uses_thirty_moved_names() -> None:
    moves = tomllib.loads((TEMPLATE / "moves.toml").read_text("utf-8")).values()
    moved = {name.rpartition(".")[2] for version in moves for names in version.values() for name in names}
    written = "".join(path.read_text("utf-8") for path in LIBRARY.rglob("*.py"))
    assert len(moved & set(re.findall(r"\w+", written))) >= 30


def test_all_moved_names_are_rewritten(updated: Updated) -> None:
    names, files = map(int, NAMES.findall(updated.output)[0])
    assert names >= 100
    assert files >= 20
    assert NAMES.findall(updated.previewed) == NAMES.findall(updated.output)
    assert "Not rewritten" not in updated.output


def test_lint_passes(updated: Updated) -> None:
    make(updated.project, "lint")


def test_all_tests_pass(updated: Updated) -> None:
    python = updated.project / ".venv" / "bin" / "python"
    run(python, "-m", "pytest", "-q", "-n2", cwd=updated.project, TMPDIR=str(updated.project.parent))


def test_one_command_undoes_the_update(updated: Updated, tmp_path: Path) -> None:
    assert UNDO in updated.output
    project = tmp_path / "undone"
    shutil.copytree(updated.project, project, ignore=shutil.ignore_patterns(".venv", ".*_cache", "__pycache__"))
    subprocess.run(UNDO.split(), cwd=project, check=True)
    # uv.lock and the file in tests/calls were created later.
    assert run("git", "status", "--porcelain", "--untracked-files=no", cwd=project) == ""
