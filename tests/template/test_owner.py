"""A project that its owner has extended, by typing its guides through: its own checks pass.

`owner/` has more files, as they would stand in the project. $HEAD is the migration before.
"""

import os
import sys
from pathlib import Path

import pytest
from combinations import FULL

from .conftest import add_files, attempt, commit, copy, make, run
from .guides import GUIDES, files_of, type_through

NEW = Path(__file__).with_name("owner")
SLICE = "booking starts_at:datetime status:enum/open/paid --auth owner"
RANGE = """    created_at_gte: Moment | None = None
    created_at_lt: Moment | None = None
"""
# By file: pairs of an existing text and the text inserted after it.
EDITS = {
    "app/domain/schemas/booking.py": [("    status: BookingStatus | None = None\n", RANGE)],
    "app/domain/booking.py": [('    PAID = "paid"\n', '    CANCELLED = "cancelled"\n')],
}
# The tests that check all jobs, routes, roles and columns.
CONCERNED = (
    "tests/unit/test_account_service.py",
    "tests/unit/test_diagram.py",
    "tests/unit/test_old_names.py",
    "tests/unit/kit/test_config.py",
    "tests/unit/kit/test_docs.py",
    "tests/unit/kit/test_jobs.py",
    "tests/unit/test_routes.py",
    "tests/unit/test_schemas.py",
    "tests/unit/test_user_service.py",
    "tests/integration/test_booking_ranges.py",
    "tests/integration/kit/test_idempotency.py",
    "tests/integration/kit/test_jobs.py",
    "tests/integration/test_callers.py",
    "tests/integration/test_migrations.py",
    "tests/integration/test_transactions.py",
)
full = pytest.mark.skipif(not FULL, reason="nox -s full")


@pytest.fixture(scope="module")
def owned(installed: Path, scratch: Path, on_one_server: None) -> Path:
    """Return a project with a slice and the owner's additions; do not change it."""
    project = copy(installed, scratch / "owned")
    commit(project)
    run(sys.executable, "-m", "mkbackend", "add", *SLICE.split(), cwd=project)
    for guide in GUIDES:
        type_through(guide, project, {"dev", "install", "format", "migrate-up", "lint", "test", "contract"})
        # The environment, which others share, has all that pyproject.toml asks for: no target installs.
        os.utime(project / "pyproject.toml", (0, 0))
    for name, pairs in EDITS.items():
        edit(project / name, pairs)
    add_files(NEW, project)
    for words in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        run(project / ".venv/bin/python", "-m", "ruff", *words, cwd=project)
    return project


def edit(path: Path, pairs: list[tuple[str, str]]) -> None:
    text = path.read_text(encoding="utf-8")
    for before, added in pairs:
        assert text.count(before) == 1, f"{path}: {before!r}"
        text = text.replace(before, before + added)
    path.write_text(text, encoding="utf-8")


def test_lint_passes(owned: Path) -> None:
    make(owned, "lint")


@pytest.mark.skipif(FULL, reason="nox -s full runs all tests of this project")
def test_the_tests_over_all_routes_and_tables_pass(owned: Path) -> None:
    python = owned / ".venv" / "bin" / "python"
    added = [name for guide in GUIDES for name in files_of(owned / guide) if Path(name).name.startswith("test_")]
    run(python, "-m", "pytest", "-q", "-n", "2", *CONCERNED, *added, cwd=owned, TMPDIR=str(owned.parent))


@full
def test_all_tests_pass_with_coverage(owned: Path) -> None:
    make(owned, "test", branches="1")


@full
def test_the_api_matches_its_openapi_document(owned: Path) -> None:
    done = attempt("make", "contract", "examples=10", cwd=owned, TMPDIR=str(owned.parent))
    assert done.code == 0, done.output
    assert "As support:" in done.output
    assert "Only errors that are declared: GET /market/rates/{currency}" in done.output
