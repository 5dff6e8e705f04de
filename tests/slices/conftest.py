"""Fixtures for the tests of slices: a repository with the template's Python files, which need no rendering."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mkbackend import cli

from .bookings import FIELDS

TEMPLATE = Path(__file__).parents[2] / "template"
LEFT = shutil.ignore_patterns("__pycache__", "*.jinja")
PYPROJECT = '[tool.ruff]\nline-length = 88\n[tool.ruff.lint.isort]\nknown-first-party = ["app", "tests"]\n'
EVERY = (
    "title:str/200",
    "slug:str/80:unique",
    "views:int=0",
    "status:enum/draft/published=draft",
    "writer:ref/user:cascade",
)


@dataclass(frozen=True)
class Place:
    """A project, with methods to run the command and git in it."""

    root: Path

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ("git", *arguments), cwd=self.root, check=True, capture_output=True, text=True, encoding="utf-8"
        ).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "step")

    def status(self) -> list[str]:
        return self.git("status", "--porcelain", "--untracked-files=all").splitlines()

    def run(self, *words: str, code: int = 0) -> Result:
        """Run `mkbackend WORDS`; require this exit code."""
        done = CliRunner().invoke(cli.app, [*words, "--project", str(self.root)])
        assert done.exit_code == code, done.output
        return done

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8", newline="\n")

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text
        self.write(path, text.replace(old, new, 1))

    def migrations(self) -> list[str]:
        return sorted(path.name for path in (self.root / "alembic/versions").glob("*.py"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a committed project."""
    root = tmp_path / "project"
    for name in ("app", "alembic", "tests"):
        shutil.copytree(TEMPLATE / name, root / name, ignore=LEFT)
    shutil.copy(TEMPLATE / ".gitignore", root)
    place = Place(root)
    place.write(".copier-answers.yml", "_src_path: somewhere\n_commit: v1\n")
    place.write("pyproject.toml", PYPROJECT)
    place.git("init", "--quiet", "--initial-branch=main")
    place.commit()
    return place


@pytest.fixture
def booking(place: Place) -> Place:
    """Return a project with a committed resource."""
    place.run("add", "booking", *FIELDS)
    place.commit()
    return place


Refused = Callable[..., str]


@pytest.fixture
def refused(place: Place) -> Refused:
    """Return a function that runs a command, requires exit code 2 and no change, and returns the output."""

    def refused(*words: str) -> str:
        before = place.status()
        output = place.run(*words, code=2).output
        assert place.status() == before
        return " ".join(output.split())

    return refused
