"""Shared fixtures: an isolated machine (HOME, git settings), a small checkout, and rendered projects."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from combinations import FULL

from mkbackend.template import source as template_module
from mkbackend.template.questions import Questions
from mkbackend.template.render import render as render_project
from mkbackend.template.source import Source

# Background jobs and their children ignore Ctrl-C; these tests need it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same input each time, except in the full tier, and no deadline: the machine may be busy.
hypothesis.settings.register_profile(
    "patient", derandomize=not FULL, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

ROOT = Path(__file__).parents[1]
IDENTITY = "[user]\n\tname = Ada Lovelace\n\temail = ada@example.com\n"

# The minimum of a template that the command needs: .env, a lock file without a network, an option that drops a file.
SMALL_TEMPLATE = {
    ".copier-answers.yml.jinja": "{{ _copier_answers | to_nice_yaml }}",
    ".env.example": "SECRET_KEY=\n",
    ".gitattributes": "* text=auto eol=lf\n",
    ".gitignore": ".env\n.venv/\n",
    ".github/workflows/ci.yml": "on: push\n",
    ".gitlab-ci.yml": "test: {}\n",
    "LICENSE.jinja": "{{ license }}, {{ author_name }}\n",
    "README.md.jinja": "# {{ project_name }}\n\n{{ description }}\n",
    "app/__init__.py": '"""The service."""\n',
    "pyproject.toml.jinja": '[project]\nname = "{{ project_slug }}"\nversion = "0"\nrequires-python = ">=3.12"\n',
    "scripts/init_env.py": (
        "import pathlib\n"
        "env = pathlib.Path('.env')\n"
        "env.touch(0o600)\n"
        "env.write_text(pathlib.Path('.env.example').read_text().replace('=', '=secret'))\n"
    ),
}


class Checkout:
    """A clone of a small mkbackend with its own history."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *args: str) -> str:
        return subprocess.run(
            ("git", *args), cwd=self.root, check=True, capture_output=True, text=True, encoding="utf-8"
        ).stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")

    def commit(self, files: dict[str, str], when: int = 1_700_000_000) -> str:
        self.write(files)
        self.git("add", "--all")
        date = {"GIT_AUTHOR_DATE": f"{when} +0000", "GIT_COMMITTER_DATE": f"{when} +0000"}
        os.environ.update(date)
        try:
            self.git("commit", "--quiet", "--message", "step")
        finally:
            for name in date:
                del os.environ[name]
        return self.git("rev-parse", "HEAD")

    def release(self, version: str, when: int = 1_700_000_000) -> str:
        return self.commit({"pyproject.toml": f'[project]\nversion = "{version}"\n'}, when)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create a home with only a git identity, hide uv, and change to an empty working directory."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / ".gitconfig").write_text(IDENTITY)
    for name in [name for name in os.environ if name.startswith(("GIT_", "UV", "COPIER_", "XDG_", "MKBACKEND_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "UV_OFFLINE": "1",
    }.items():
        monkeypatch.setenv(name, value)
    write_command(home / "bin" / "uv", "raise SystemExit(127)")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return home


def write_command(path: Path, python: str) -> None:
    """Write a program that runs some Python."""
    script = path.with_suffix(".py")
    script.write_text(python)
    if os.name == "nt":
        path.with_suffix(".bat").write_text(f'@"{sys.executable}" "{script}" %*\n')
    else:
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Return a small checkout with one commit; the command in this process uses it as its own."""
    root = tmp_path / "checkout"
    root.mkdir()
    small = Checkout(root)
    small.git("init", "--quiet", "--initial-branch=main")
    for name in ("copier.yml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.bundle"))
    small.write({f"template/{name}": text for name, text in SMALL_TEMPLATE.items()})
    small.release("0.1.0")
    monkeypatch.setattr(template_module, "_CHECKOUT", root)
    monkeypatch.setattr(template_module, "_SHIPPED", root / "none.bundle")
    return small


@pytest.fixture(scope="session")
def questions() -> Questions:
    """Return the questions of the real copier.yml."""
    return Questions((ROOT / "copier.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory, questions: Questions) -> Iterator[Callable[..., Path]]:
    """Yield a function that renders the real template once for each set of answers; do not change the result."""
    home = tmp_path_factory.mktemp("render-home")
    with template_module.find_source(remember=False) as source:

        @cache
        def rendered(answers: tuple[tuple[str, str], ...]) -> Path:
            target = tmp_path_factory.mktemp("project") / "project"
            render_project(source, questions.complete(dict(answers)), target, home / f"scratch-{target.parent.name}")
            return target

        yield lambda **answers: rendered(tuple(sorted(answers.items())))


def source_of(url: str, version: str) -> Source:
    """Return a source without reading its questions."""
    return Source(url, version, "")
