"""The command that undoes a change of tracked files."""

from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.project import repository
from mkbackend.slices.disk import Changes
from mkbackend.slices.record import Record


def undo_of(project: Path, steps: Changes, known: Record) -> str:
    """Return the undo command; empty if the changed files are not in git."""
    try:
        repo = repository.find(project)
    except MkbackendError:
        return ""
    tracked = set(repo.names("ls-files", "-z"))
    new = [repo.prefix + path for path in steps if repo.prefix + path not in tracked]
    return repository.undo(repo, new, conflicts=False) if repo.prefix + known.path in tracked else ""
