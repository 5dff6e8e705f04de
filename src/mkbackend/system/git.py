"""git."""

import shutil
from pathlib import Path
from typing import Any

from mkbackend.errors import BadInputError
from mkbackend.system.programs import run, version_in

_OLDEST_GIT = (2, 31)


def git(*args: str | Path, cwd: Path | None = None, **options: Any) -> str:
    """Run git and return its stripped output."""
    return run("git", *args, cwd=cwd, **options).decode(errors="replace").strip()


def require_git() -> None:
    """Raise BadInputError if git is missing or too old."""
    if shutil.which("git") is None:
        raise BadInputError("git is not on PATH.", hint="Install git, open a new terminal and try again.")
    version = git("version")
    if (0, 0) < version_in(version) < _OLDEST_GIT:
        raise BadInputError(f"{version} is too old.", hint="Install git 2.31 or newer.")
