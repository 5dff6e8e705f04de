"""Steps from rendered files to a working project: secrets, lock file, repository, environment.

A failed step leaves a complete project; its MkbackendError has the command to retry.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from mkbackend.errors import MkbackendError
from mkbackend.system.git import git
from mkbackend.system.programs import answer, is_reporting, run
from mkbackend.system.uv import find_uv
from mkbackend.template.questions import Answers

# git strips these from the ends of a name, and refuses a name of these alone.
_CRUD = " \t\n.,:;<>\"\\'"
_NETWORK = 600.0


def write_env(project: Path) -> None:
    """Run the project's script that writes `.env` with fresh secrets."""
    if (project / "scripts" / "init_env.py").is_file():
        _or_retry("python scripts/init_env.py", sys.executable, "scripts/init_env.py", cwd=project)


def lock(project: Path) -> None:
    """Write `uv.lock` with the running Python, so that uv downloads none."""
    never = {"UV_PYTHON_DOWNLOADS": "never"}
    _uv("lock", "--python", sys.executable, project=project, env=never)


def commit(project: Path, target: Path, answers: Answers) -> str:
    """Create the repository and first commit; return a notice for the user, or an empty string."""
    if (target / ".git").is_dir():
        shutil.copytree(target / ".git", project / ".git", symlinks=True)
    else:
        git("init", "--quiet", "--initial-branch=main", cwd=project)
    author, warning = _author(project, answers)
    # Commit all files of the template, whatever the user ignores globally.
    settings = {"core.excludesFile": os.devnull, "core.safecrlf": "false", **author}
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    message = f"Start {answers['project_name']} with mkbackend"
    retry = "git add --all && git commit"
    _or_retry(retry, "git", *flags, "add", "--all", cwd=project)
    _or_retry(
        retry, "git", *flags, "commit", "--quiet", "--no-verify", "--cleanup=verbatim", "-m", message, cwd=project
    )
    return warning


def guess_author() -> Answers:
    """Return the author's name and e-mail from git's settings."""
    return {f"author_{key}": value for key in ("name", "email") if (value := _setting(f"user.{key}", Path.cwd()))}


def guess_python(recommended: str) -> Answers:
    """Return the running Python's version as an answer if the recommended one is not installed."""
    here = Path.cwd()
    if _find_python(here, recommended) or answer(find_uv(here), "python", "find", recommended, cwd=here):
        return {}
    return {"python_version": f"{sys.version_info.major}.{sys.version_info.minor}"}


def install(project: Path, python_version: str) -> None:
    """Install the project into its own `.venv`."""
    python = _find_python(project, python_version)
    _uv("sync", *(("--python", python) if python else ()), project=project)


def _uv(*arguments: str, project: Path, **options: Any) -> None:
    """Run uv in a project; `make install` is the retry."""
    quiet = () if is_reporting() else ("--quiet",)
    _or_retry("make install", find_uv(project), *quiet, *arguments, cwd=project, timeout=_NETWORK, **options)


def _find_python(project: Path, version: str) -> str:
    """Return the path of a Python of that version, preferring the running one; empty if there is none."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2], getattr(sys, '_base_executable', sys.executable))"
    for command in filter(None, (sys.executable, shutil.which(f"python{version}"))):
        found, _, program = answer(command, "-c", ask, cwd=project).partition(" ")
        if found == version:
            return program
    return ""


def _author(project: Path, answers: Answers) -> tuple[dict[str, str], str]:
    """Return settings with an author if git has none, and a notice about it."""
    name = os.environ.get("GIT_AUTHOR_NAME") or _setting("user.name", project)
    email = os.environ.get("GIT_AUTHOR_EMAIL") or _setting("user.email", project)
    if name.strip(_CRUD) and email.strip(_CRUD):
        return {}, ""
    for variable in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        os.environ.pop(variable, None)
    name = re.sub(r"[<>\s]+", " ", str(answers.get("author_name", ""))).strip(_CRUD) or "mkbackend"
    email = str(answers.get("author_email", "")) or "mkbackend@localhost"
    warning = f"git has no user.name and user.email: the first commit is by {name} <{email}>."
    return {"user.name": name, "user.email": email}, warning


def _setting(name: str, where: Path) -> str:
    return answer("git", "config", "--get", name, cwd=where)


def _or_retry(retry: str, *command: str | Path, **options: Any) -> None:
    """Run a command; the hint of its error is the command to retry."""
    try:
        run(*command, **options)
    except MkbackendError as error:
        raise MkbackendError(error.message, hint=retry) from error
