"""Guides of a generated project: links resolve, and the checks pass after a page is typed through.

`test_owner.py` types most of them into one project; here, each of the others has a project of its own.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from combinations import CHECKED, FULL, Answers, name_of

from .conftest import LEFT, TEMPLATE, Render, commit, make, run
from .guides import GUIDES, Command, Edit, files_of, steps, type_through

each_combination = pytest.mark.parametrize("answers", CHECKED, ids=name_of)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[\w-]+)?\)")
PAGES = ["README.md", *sorted(f"docs/{path.name.removesuffix('.jinja')}" for path in (TEMPLATE / "docs").iterdir())]
# Typed first, if a guide continues another one.
BEFORE = {"docs/squash-migrations.md": ["docs/field.md"], "docs/rename-job.md": ["docs/periodic-job.md"]}
# Typed by tests/clients, which have the generators, and by tests/operations and tests/image.
ELSEWHERE = ("docs/clients.md", "docs/deploy.md")
# The tests that look at all routes, columns, jobs and migrations.
CONCERNED = (
    "tests/unit/test_routes.py",
    "tests/unit/test_schemas.py",
    "tests/unit/kit/test_config.py",
    "tests/unit/kit/test_jobs.py",
    "tests/integration/test_migrations.py",
    "tests/integration/test_transactions.py",
    "tests/integration/kit/test_unit_of_work.py",
)


@each_combination
def test_every_link_leads_to_a_file(answers: Answers, render: Render) -> None:
    project = render(**answers)
    for page in [*project.glob("*.md"), *project.glob("docs/*.md"), *project.glob("kubernetes/*.md")]:
        for link in LINK.findall(page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@each_combination
def test_the_readme_leads_to_every_page(answers: Answers, render: Render) -> None:
    project = render(**answers)
    text = "".join((project / name).read_text("utf-8") for name in ("README.md", "SECURITY.md"))
    assert {f"docs/{path.name}" for path in (project / "docs").iterdir()} <= set(LINK.findall(text))


@pytest.mark.parametrize("page", PAGES)
def test_every_block_names_its_file(page: str, render: Render) -> None:
    for step in steps(render() / page):
        if isinstance(step, Edit):
            assert step.block.endswith("\n")


@pytest.mark.skipif(not FULL, reason="nox -s full")
@pytest.mark.parametrize("page", [page for page in PAGES if page not in (*GUIDES, *ELSEWHERE)])
def test_a_page_is_typed_through_and_the_checks_pass(page: str, typed: Path) -> None:
    added = [name for name in files_of(typed / page) if Path(name).name.startswith("test_")]
    make(typed, "lint")
    python = typed / ".venv" / "bin" / "python"
    run(python, "-m", "pytest", "-q", "-n", "2", *CONCERNED, *added, cwd=typed, TMPDIR=str(typed.parent))


@pytest.fixture
def typed(page: str, installed: Path, scratch: Path, on_one_server: None) -> Iterator[Path]:
    """Return a project in which a page was typed through; skip a page that changes nothing."""
    if not any(not isinstance(step, Command) or "git " in step.text for step in steps(installed / page)):
        pytest.skip("it changes nothing")
    project = scratch / f"typed-{Path(page).stem}"
    shutil.copytree(installed, project, ignore=LEFT)
    make(project, "install")
    commit(project)
    for name in [*BEFORE.get(page, []), page]:
        type_through(name, project, {"dev", "lint", "test", "contract"})
        commit(project)
    yield project
    shutil.rmtree(project)
