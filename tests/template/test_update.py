"""Tests of updates from earlier releases to the current template."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from combinations import FULL, Answers

from mkbackend.system.git import git
from mkbackend.template import changelog
from mkbackend.template import source as template
from mkbackend.template.history import Step, history
from mkbackend.template.questions import Questions
from mkbackend.template.render import render
from mkbackend.template.source import Source, Versions

from .conftest import DEFAULT, ROOT, make, run

ANSWERS: dict[str, Answers] = {"defaults": {}, "others": {"license": "none", "ci": "gitlab", "python_version": "3.12"}}


# the number of tested versions between releases
SAMPLE = 12


def _earlier() -> tuple[list[str], list[str]]:
    """Return the earlier releases and the versions between them whose projects record their source."""
    steps = [step for step in history(ROOT) if _records_answers(step)]
    named = changelog.between("v0.0.0", "v99")
    releases = [step.tag for step in steps if f"## {step.tag.removeprefix('v')} " in named]
    others = [step.tag for step in steps if step.tag not in releases]
    return [tag for tag in releases if tag != steps[-1].tag], [tag for tag in others if tag != steps[-1].tag]


def _records_answers(step: Step) -> bool:
    return bool(git("ls-tree", step.tree, ".copier-answers.yml.jinja", cwd=ROOT))


def _chosen() -> list[str]:
    """Return all earlier releases and a sample of the versions between them, different for each release.

    A short run has the first and the last release.
    """
    releases, others = _earlier()
    if FULL:
        few = random.Random(releases[-1]).sample(others, min(SAMPLE, len(others)))  # noqa: S311  # no secret
        return [*releases, *sorted(few, key=others.index)]
    return list(dict.fromkeys([*releases[:1], *releases[-1:]]))


def _pairs() -> list[tuple[str, str]]:
    """Return pairs of version and answers: each release with all sets, the versions between them in turn.

    A short run has the sets in turn.
    """
    releases, others = _earlier()
    chosen = _chosen()
    if not FULL:
        return list(zip(chosen, cycle(ANSWERS), strict=False))
    pairs = [(version, name) for version in chosen if version in releases for name in ANSWERS]
    return pairs + list(zip([version for version in chosen if version in others], cycle(ANSWERS), strict=False))


# A shallow clone has fewer versions, or none, which the first test reports.
PAIRS = _pairs() if (ROOT / ".git").exists() else []


def test_the_clone_has_the_complete_history() -> None:
    assert git("rev-parse", "--is-shallow-repository", cwd=ROOT) == "false", "git fetch --unshallow"
    releases, _ = _earlier()
    assert releases, "no release before this one"
    assert releases[0] == "v0.1.0"


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Versions]:
    """Yield all versions, from a bundle in a separate home."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        with template.known_versions() as found:
            yield found


def _commit(project: Path) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "core.autocrlf=false")
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "mine")):
        subprocess.run(("git", *who, *command), cwd=project, check=True)


def _files(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(project).parts
    }


def _made(versions: Versions, at: str, project: Path, **answers: str) -> Path:
    given = Questions(versions.source(at).questions).complete({"project_name": "Shop", **answers})
    render(Source(versions.url, at, ""), given, project, project.with_name(f"scratch-{project.name}"))
    return project


def _update(project: Path, *words: str) -> None:
    run(sys.executable, "-m", "mkbackend", "update", project, *words, cwd=project.parent, HOME=os.environ["HOME"])


@pytest.mark.parametrize(("version", "which"), PAIRS)
def test_an_updated_project_equals_a_new_one(versions: Versions, version: str, which: str, tmp_path: Path) -> None:
    answers = ANSWERS[which]
    project = _made(versions, version, tmp_path / "project", **answers)
    _commit(project)
    _update(project)
    assert _files(project) == _files(_made(versions, versions.newest, tmp_path / "fresh", **answers))
    unstaged = subprocess.run(("git", "diff", "--exit-code"), cwd=project, check=False, capture_output=True)
    assert (unstaged.returncode, unstaged.stdout) == (0, b"")


def test_an_optional_part_can_be_switched_off_and_on(versions: Versions, tmp_path: Path) -> None:
    # The question may be new since the last release.
    project = _made(versions, _earlier()[0][-1], tmp_path / "project")
    fresh = {answer: _made(versions, versions.newest, tmp_path / answer, telemetry=answer) for answer in ("yes", "no")}
    for answer in ("no", "yes", "no"):
        _commit(project)
        _update(project, "--data", f"telemetry={answer}")
        assert _files(project) == _files(fresh[answer])


# A project with its own table, and a database filled at its first version.

MODEL = '''\
"""Books."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import Base


class Book(Base):
    """A book."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
'''
FILL = """
import asyncio, json, sys
from sqlalchemy import text
from app.core.config import DatabaseSettings
from app.core.database import make_engine

FILL = [
    "INSERT INTO books (title) SELECT 'book ' || n FROM generate_series(1, 100) n",
    "INSERT INTO users (id, email, password_hash, full_name) SELECT gen_random_uuid(), 'user' || n || '@example.com', "
    "'x', 'User ' || n FROM generate_series(1, 50) n",
    "INSERT INTO users (id, email, password_hash, full_name) SELECT gen_random_uuid(), email, 'x', 'Nikos' "
    "FROM unnest(ARRAY['\\u03bd\\u03b9\\u03ba\\u03bf\\u03c2@example.org', "
    "'\\u039d\\u0399\\u039a\\u039f\\u03a3@example.org']) email",  # equal, but not to lower()
]
SHOW = {
    "books": "SELECT string_agg(title, ',' ORDER BY id) FROM books",
    "users": "SELECT string_agg(id || email || full_name || role || password_hash, ',' ORDER BY email) FROM users",
}

async def main():
    engine = make_engine(DatabaseSettings())
    async with engine.begin() as connection:
        for statement in FILL if "fill" in sys.argv else []:
            await connection.execute(text(statement))
        print("rows", json.dumps({name: await connection.scalar(text(query)) for name, query in SHOW.items()}))
    await engine.dispose()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def old_mkbackend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sources of the first release."""
    clone = tmp_path_factory.mktemp("old") / "mkbackend"
    commits = git("log", "--first-parent", "--reverse", "--format=%H", "--", "pyproject.toml", cwd=ROOT).splitlines()
    text = '\nversion = "0.1.0"\n'
    first = next(commit for commit in commits if text in git("show", f"{commit}:pyproject.toml", cwd=ROOT))
    git("clone", "--quiet", "--no-checkout", ROOT, clone)
    git("checkout", "--quiet", first, cwd=clone)
    return clone


@pytest.mark.skipif(not FULL, reason="nox -s full; it installs two releases")
def test_no_row_is_lost_and_the_migrations_have_one_head(old_mkbackend: Path, scratch: Path) -> None:
    home = {
        "HOME": str(scratch),
        "PYENV_ROOT": os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
    }
    project = scratch / "library"
    data = [f"--data={name}={value}" for name, value in DEFAULT.items()]
    new: list[str | Path] = [sys.executable, "-m", "mkbackend", "new", project, "--yes", "--no-install", *data]
    run(*new, cwd=scratch, PYTHONPATH=str(old_mkbackend / "src"), **home)
    (project / "app/domain/models/book.py").write_text(MODEL)
    (scratch / "fill.py").write_text(FILL)
    make(project, "install")
    devdb: tuple[str | Path, ...] = (project / ".venv/bin/python", "-m", "scripts.devdb", "run")
    make(project, "migrate-create", "msg=add books")
    run(*devdb, "--migrate", cwd=project, TMPDIR=str(scratch))
    filled = _rows(run(*devdb, "--", "python", scratch / "fill.py", "fill", cwd=project, TMPDIR=str(scratch)))
    assert filled["books"].count(",") == 99
    _commit(project)

    output = run(sys.executable, "-m", "mkbackend", "update", project, cwd=scratch, **home)
    assert "Merges your migrations with the template's" in output
    make(project, "install")
    _commit(project)  # runs the project's pre-commit hook
    heads = run(*devdb, "--", "alembic", "heads", cwd=project, TMPDIR=str(scratch))
    assert heads.count("(head)") == 1
    run(*devdb, "--", "alembic", "upgrade", "head", cwd=project, TMPDIR=str(scratch))
    assert _rows(run(*devdb, "--", "python", scratch / "fill.py", cwd=project, TMPDIR=str(scratch))) == filled
    assert "No new upgrade operations detected" in run(
        *devdb, "--", "alembic", "check", cwd=project, TMPDIR=str(scratch)
    )
    make(project, "lint")
    migrations = (project / ".venv/bin/python", "-m", "pytest", "-q", "tests/integration/test_migrations.py")
    run(*migrations, cwd=project, TMPDIR=str(scratch))


def _rows(output: str) -> dict[str, str]:
    line = next(line for line in output.splitlines() if line.startswith("rows "))
    rows: dict[str, str] = json.loads(line.removeprefix("rows "))
    return rows
