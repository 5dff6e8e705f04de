"""Paths of a project: where it cannot work, and its Python."""

import errno
import os
from pathlib import Path

from mkbackend.errors import BadInputError

# Characters in the project's path that its tools would interpret.
_EXPANDED = {
    "%": "Alembic expands it",
    "$": "initdb and ruff expand it",
    '"': "initdb passes its path to a shell",
    "`": "initdb passes its path to a shell",
    os.pathsep: "it separates the entries of PATH",
    "\n": "make and Alembic end a line there",
} | ({} if os.name == "nt" else {"\\": "ruff reads it as an escape"})


def resolved(path: str | Path) -> Path:
    """Return the absolute path without links; raise BadInputError if a link leads to itself."""
    try:
        Path(path).resolve(strict=True)
    except (OSError, RuntimeError) as error:  # before Python 3.13, a circle is a RuntimeError
        if getattr(error, "errno", errno.ELOOP) == errno.ELOOP:
            raise BadInputError(
                f"{path} has a symbolic link that leads to itself.", "Remove it, or name another."
            ) from error
    return Path(path).resolve()


def python_of(project: Path) -> Path:
    """Return the path of the Python in a project's .venv, which may be missing."""
    return project / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def unusable(target: Path) -> str:
    """Return why a project cannot work at this path, or an empty string."""
    found = next((char for char in _EXPANDED if char in str(target)), "")
    return f"its path, {str(target)!r}, contains {found!r}: {_EXPANDED[found]}" if found else ""
