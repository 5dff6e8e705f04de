"""Output of local programs, with a timeout."""

from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.system import run

_PATIENCE = 10.0


def answer(*command: str | Path, cwd: Path) -> str | None:
    """Return a program's output; None if it is missing, fails or times out."""
    try:
        return run(*command, cwd=cwd, timeout=_PATIENCE).decode(errors="replace").strip()
    except MkbackendError:
        return None
