"""Checks of the tools: git, and the optional uv, make and Docker."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from mkbackend.doctor.checks import Check, note, ok, wrong
from mkbackend.errors import MkbackendError
from mkbackend.system.git import git, require_git
from mkbackend.system.programs import answer
from mkbackend.system.uv import uv_on_path


def look(project: Path) -> Iterator[Check]:
    """Check each tool."""
    yield _uv(project)
    yield _git(project)
    yield _make(project)
    yield _docker(project)


def _uv(project: Path) -> Check:
    if command := uv_on_path(project):
        # "uv 0.8.3 (a build)" without the name
        return ok("uv", answer(command, "--version", cwd=project).partition(" ")[2])
    return note("uv", "is not on PATH: make install installs it into .venv", "https://docs.astral.sh/uv/")


def _git(project: Path) -> Check:
    try:
        require_git()
    except MkbackendError as error:
        return wrong("git", error.message.rstrip("."), error.hint)
    version = git("version").removeprefix("git version ")
    try:
        git("rev-parse", "--is-inside-work-tree", cwd=project)
    except MkbackendError as error:
        if "not a git repository" not in error.message:
            return note("git", error.message, error.hint)
        fix = "git init && git add --all && git commit"
        return note("git", f"{version}, but the project is not in a repository: update and add need one", fix)
    return ok("git", version)


def _make(project: Path) -> Check:
    if shutil.which("make") is None:
        return note("make", "is not installed", "docs/commands.md of the project has the command behind each target.")
    output = answer("make", "--version", cwd=project)
    return ok("make", output.partition("\n")[0] or "is installed")


def _docker(project: Path) -> Check:
    if shutil.which("docker") is None:
        return note("docker", "is not installed: only `make docker-*` needs it", "Install Docker.")
    engine = answer("docker", "version", "--format", "{{.Server.Version}}", cwd=project)
    compose = answer("docker", "compose", "version", "--short", cwd=project)
    if engine and compose:
        return ok("docker", f"{engine}, compose {compose}")
    missing = [] if engine else ["the engine does not respond"]
    fixes = [] if engine else ["Start Docker."]
    if not compose:
        missing.append("the compose plugin is missing")
        fixes.append("Install the compose plugin.")
    found = f"{', '.join(missing)}: only `make docker-*` needs it"
    return note("docker", found, " ".join(fixes))
