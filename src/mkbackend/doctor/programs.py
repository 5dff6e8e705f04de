"""Programs of this machine, asked with little patience."""

from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.system import run

_PATIENCE = 10.0


def answer(*command: str | Path, cwd: Path) -> str | None:
    """Return what a program printed; None where it is not there, fails, or does not come to an end."""
    try:
        return run(*command, cwd=cwd, timeout=_PATIENCE).decode(errors="replace").strip()
    except MkbackendError:
        return None
