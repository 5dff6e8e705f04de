"""Tests that a project extended as its README describes passes its own checks.

`owner/` has the new files of the project. $HEAD is the previous migration.
"""

import shutil
import sys
from pathlib import Path

import pytest
from combinations import FULL

from .conftest import add_files, attempt, commit, make, run

NEW = Path(__file__).with_name("owner")
SLICE = "booking starts_at:datetime status:enum/open/paid --auth owner"
COLUMNS = """    phone: Mapped[str | None] = mapped_column(String(20))
    country: Mapped[str] = mapped_column(String(2))
"""
FIELDS = """Phone = Annotated[str, StringConstraints(pattern=r"^\\+[0-9]{6,18}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


"""
RANGE = """    created_at_gte: Moment | None = None
    created_at_lt: Moment | None = None
"""
# By file: pairs of an existing text and the text inserted after it.
EDITS = {
    "app/domain/roles.py": [('    USER = "user"\n', '    SUPPORT = "support"\n')],
    "app/domain/models/user.py": [('server_default="0")\n', COLUMNS)],
    "app/domain/schemas/user.py": [
        ('pattern=r"^[^\\x00]*$")\n]\n', FIELDS.rstrip() + "\n"),
        ("    full_name: FullName\n", "    country: Country\n    phone: Phone | None = None\n"),
        (
            "    full_name: FullName | MISSING = MISSING\n",
            "    country: Country = UNSET\n    phone: Phone | MISSING | None = MISSING\n",
        ),
        ("    full_name: str\n", "    country: str\n    phone: str | None\n"),
    ],
    "scripts/people.py": [("email=email,", ' country="de",')],
    "tests/people.py": [
        ('"full_name": "Grace Hopper",', ' "country": "us",'),
        ('"password": PASSWORD,', ' "country": "gb",'),
    ],
}
# The tests that check all jobs, routes, roles and columns.
CONCERNED = (
    "tests/unit/test_account_service.py",
    "tests/unit/test_old_names.py",
    "tests/unit/kit/test_docs.py",
    "tests/unit/kit/test_jobs.py",
    "tests/unit/test_routes.py",
    "tests/unit/test_schemas.py",
    "tests/unit/test_user_service.py",
    "tests/integration/test_booking_ranges.py",
    "tests/integration/kit/test_idempotency.py",
    "tests/integration/kit/test_jobs.py",
    "tests/integration/test_migrations.py",
    "tests/integration/test_transactions.py",
)
full = pytest.mark.skipif(not FULL, reason="nox -s full")


@pytest.fixture(scope="module")
def owned(installed: Path, scratch: Path) -> Path:
    """Return a project with a slice and the owner's additions; do not change it."""
    project = scratch / "owned"
    shutil.copytree(installed, project, ignore=shutil.ignore_patterns(".venv", ".*_cache", "__pycache__"))
    (project / ".venv").symlink_to(installed / ".venv")
    commit(project)
    run(sys.executable, "-m", "mkbackend", "add", *SLICE.split(), cwd=project)
    for name, pairs in EDITS.items():
        edit(project / name, pairs)
    edit(project / "app/domain/schemas/booking.py", [('"""Query parameters of the list of bookings."""\n\n', RANGE)])
    edit(project / "app/domain/booking.py", [('    PAID = "paid"\n', '    CANCELLED = "cancelled"\n')])
    add_files(NEW, project)
    run(project / ".venv/bin/python", "-m", "ruff", "format", cwd=project)
    return project


def edit(path: Path, pairs: list[tuple[str, str]]) -> None:
    text = path.read_text(encoding="utf-8")
    for before, added in pairs:
        assert text.count(before) == 1, f"{path}: {before!r}"
        text = text.replace(before, before + added)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("place", [*EDITS, "openapi_extra=", "tests/calls/", "app/domain/jobs/"])
def test_the_readme_names_the_place(owned: Path, place: str) -> None:
    assert place in (owned / "README.md").read_text(encoding="utf-8")


def test_lint_passes(owned: Path) -> None:
    make(owned, "lint")


def test_the_tests_over_all_routes_and_tables_pass(owned: Path) -> None:
    python = owned / ".venv" / "bin" / "python"
    run(python, "-m", "pytest", "-q", "-n", "2", *CONCERNED, cwd=owned, TMPDIR=str(owned.parent))


@full
def test_all_tests_pass_with_coverage(owned: Path) -> None:
    make(owned, "test")


@full
def test_the_api_matches_its_openapi_document(owned: Path) -> None:
    done = attempt("make", "contract", "examples=10", cwd=owned, TMPDIR=str(owned.parent))
    assert done.code == 0, done.said
    assert "As support:" in done.said
