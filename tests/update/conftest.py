"""Fixtures for the tests of updates: a template with two releases, and a project of the first."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import IDENTITY, ROOT, SMALL_TEMPLATE, Checkout, write_command
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.slices.survey import NEEDED, NEEDED_FOR_NEW, NEEDED_TO_ADD
from mkbackend.template import bundle
from mkbackend.template import source as template_module
from mkbackend.template.questions import Answers
from mkbackend.template.render import render as render_project
from mkbackend.template.source import Source

from .sliced import add_older

Content = str | bytes | None


def numbered(stem: str, **changed: str) -> str:
    """Return twelve lines of Python, `stem_1 = 1` and so on; `_3="line"` replaces the third."""
    lines = {f"_{number}": f"{stem}_{number} = {number}" for number in range(1, 13)} | changed
    return "".join(f"{line}\n" for line in lines.values())


def migration(revision: str, follows: str | None) -> str:
    down = f'"{follows}"' if follows else "None"
    return f'revision: str = "{revision}"\ndown_revision: str | None = {down}\n'


PYPROJECT = (
    '[project]\nname = "{{{{ project_slug }}}}"\nversion = "0"\nrequires-python = ">=3.12"\n'
    'dependencies = [\n    "fastapi>=0.121",\n    "sqlalchemy>=2.1",\n    "loguru>=0.7",\n{more}]\n'
)
CONFIG = "class Settings:\n    name: str\n    debug: bool\n\n    host: str\n    port: int\n{more}"
ENV = "SECRET_KEY=\n# HOST=\n# PORT=\n\nLOG_LEVEL=DEBUG\n{more}"
MAKEFILE = "dev:\n\trun\n\ntest:\n\tpytest\n\nlint:\n\truff\n{more}"
LOGO = bytes(range(256))

OLD: dict[str, Content] = {
    **SMALL_TEMPLATE,
    ".gitignore": ".env\n.venv/\n*.local\n",
    ".gitattributes": "* text=auto eol=lf\n*.png binary\n",
    "app/both.py": numbered("both"),
    "app/renamed_there.py": numbered("renamed"),
    "app/deleted_there.py": numbered("deleted"),
    "app/changed_there.py": numbered("changed"),
    "app/config.py": CONFIG.format(more=""),
    ".env.example": ENV.format(more=""),
    "Makefile": MAKEFILE.format(more=""),
    "pyproject.toml.jinja": PYPROJECT.format(more=""),
    "logo.png": LOGO,
    "alembic/versions/2026_01_01_0000_users.py": migration("aaa1", None),
}
NEW: dict[str, Content] = {
    "app/both.py": numbered("both", _3="template = 3"),
    "app/renamed_there.py": None,
    "app/new_name.py": numbered("renamed", _12="template = 12"),
    "app/deleted_there.py": None,
    "app/changed_there.py": numbered("changed", _5="template = 5"),
    "app/added_there.py": "template = 0\n",
    "app/config.py": CONFIG.format(more="    smtp_host: str\n"),
    ".env.example": ENV.format(more="SMTP_HOST=\n"),
    "Makefile": MAKEFILE.format(more="\npurge:\n\tpurge\n"),
    "pyproject.toml.jinja": PYPROJECT.format(more='    "aiosmtplib>=5.0",\n'),
    "logo.png": LOGO[::-1],
    "alembic/versions/2026_02_01_0000_accounts.py": migration("aaa2", "aaa1"),
    "notes.local.md": "a file whose name no rule ignores\n",
}


class Template(Checkout):
    """A small mkbackend that releases versions of its template."""

    def put(self, files: Mapping[str, Content]) -> None:
        put(self.root / "template", files)

    def release(self, version: str, when: int = 1_700_000_000) -> str:
        return self.commit({"pyproject.toml": f'[project]\nversion = "{version}"\n'}, when)

    def ship(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this the installed mkbackend."""
        monkeypatch.setattr(template_module, "_CHECKOUT", self.root)
        monkeypatch.setattr(template_module, "_SHIPPED", self.root / "none.bundle")


def put(root: Path, files: Mapping[str, Content]) -> None:
    """Write files, and delete those that are None."""
    for name, content in files.items():
        path = root / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@dataclass(frozen=True)
class Made:
    """A template with two releases, the bundle of the second, and a project of the first."""

    template: Path
    bundle: Path
    project: Path
    home: Path


def make_releases(root: Path, old: Mapping[str, Content], new: Mapping[str, Content]) -> Made:
    """Create a template with two releases, the second with these changes, and a project of the first."""
    home = root / "home"
    (home / "bin").mkdir(parents=True)
    (home / ".gitconfig").write_text(IDENTITY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
        patch.setenv("PATH", f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}")
        write_command(home / "bin" / "uv", "raise SystemExit(127)")
        patch.chdir(root)
        small = Template(root / "template")
        small.root.mkdir()
        small.git("init", "--quiet", "--initial-branch=main")
        shutil.copy(ROOT / "copier.yml", small.root)
        small.put(old)
        small.release("0.1.0")
        small.ship(patch)
        result = CliRunner().invoke(cli.app, ["new", "shop", "--yes", "--no-install", "-d", "python_version=3.12"])
        assert result.exit_code == 0, result.output
        small.put(new)
        small.release("0.2.0")
        (root / "new.bundle").write_bytes(bundle.build(small.root))
    return Made(small.root, root / "new.bundle", root / "shop", home)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return the shared releases and project; do not change them."""
    return make_releases(tmp_path_factory.mktemp("releases"), OLD, NEW)


@pytest.fixture
def template(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Template:
    """Return a copy of the template, installed with its later changes."""
    shutil.copytree(made.template, tmp_path / "template")
    copy = Template(tmp_path / "template")
    copy.ship(monkeypatch)
    return copy


class Project(Checkout):
    """A project in git that tests edit and update."""

    def edit(self, files: Mapping[str, Content], commit: bool = True) -> None:
        put(self.root, files)
        if commit:
            self.commit({})

    def update(self, *arguments: str, code: int = 0) -> str:
        """Run `mkbackend update` in the project; return its output."""
        result = CliRunner().invoke(cli.app, ["update", str(self.root), *arguments])
        assert result.exit_code == code, result.output
        return result.output

    def read(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()

    def status(self) -> dict[str, str]:
        """Return git's two status letters of each path that differs from the last commit."""
        lines = self.git_raw("status", "--porcelain", "--untracked-files=all", "--no-renames").splitlines()
        return {line[3:]: line[:2] for line in lines}

    def git_raw(self, *args: str) -> str:
        done = subprocess.run(("git", *args), cwd=self.root, check=True, capture_output=True, encoding="utf-8")
        return done.stdout

    def tree(self) -> dict[str, bytes]:
        """Return all files, including ignored ones."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(self.root).parts
        }

    def undo(self, output: str) -> None:
        """Run the command under `Undo:` in the output."""
        command = output.partition("Undo:\n")[2].strip()
        subprocess.run(command, shell=True, cwd=self.root, check=True, capture_output=True)  # noqa: S602  # as a person would


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """Return a function that renders each version once for each set of answers, as rendering is slow."""
    known: dict[tuple[str, str, str], Path] = {}

    def render(source: Source, answers: Answers, target: Path, scratch: Path) -> None:
        path = Path(source.url).expanduser()
        commit = bundle.tags(path)[source.version] if path.is_file() else str(path)
        key = (source.url, commit, str(answers))
        if key not in known or not path.is_file():
            known[key] = tmp_path_factory.mktemp("rendered") / "project"
            render_project(source, answers, known[key], scratch)
        shutil.copytree(known[key], target, dirs_exist_ok=True)

    return render


@pytest.fixture
def project(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rendered: Callable[..., None]) -> Project:
    """Return a project of the first release, on a machine with the second installed."""
    shutil.copytree(made.project, tmp_path / "work" / "shop")
    monkeypatch.setattr(template_module, "_SHIPPED", made.bundle)
    monkeypatch.setattr("mkbackend.update.update.render", rendered)
    return Project(tmp_path / "work" / "shop")


@pytest.fixture
def fresh(project: Project) -> Project:
    """Return a project to which slices can be added."""
    project.edit(dict.fromkeys((*NEEDED, NEEDED_FOR_NEW, NEEDED_TO_ADD), ""))
    return project


@pytest.fixture
def sliced(fresh: Project) -> Project:
    """Return a project with a slice of older templates."""
    add_older(fresh, "article", "title:str")
    return fresh


def environment() -> dict[str, str]:
    """Return the environment of a process that runs these sources."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}
