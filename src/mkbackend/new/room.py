"""Checks of the path at which a project will be created."""

import os
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.system.git import git

# Of the hidden directories in which projects are created
STAGE_PREFIX = ".mkbackend-"


def require_room(target: Path) -> None:
    """Raise BadInputError if no project can be created at this path."""
    around = anchor(target)
    if not around.is_dir():
        raise BadInputError(f"{around} is a file.", hint="Choose another path.")
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise BadInputError(f"{target} is a file.", hint="Choose another name.")
    if any(path.name != ".git" and not path.name.startswith(STAGE_PREFIX) for path in target.iterdir()):
        raise BadInputError(
            f"{target} is not empty.", hint="Choose another name: mkbackend never overwrites your files."
        )
    if has_commits(target):
        raise BadInputError(f"{target} is a repository with commits.", hint="Choose another name.")
    if not os.access(target, os.W_OK | os.X_OK):
        raise BadInputError(f"Cannot write to {target}.", hint="Choose a writable directory.")


def surrounding_repository(target: Path) -> Path | None:
    """Return the git repository around a new directory, or None."""
    around = target.parents if not (target / ".git").is_file() else (target, *target.parents)
    return next((path for path in around if (path / ".git" / "HEAD").exists() or (path / ".git").is_file()), None)


def is_unborn_clone(target: Path) -> bool:
    """Return whether the path is a repository, cloned or initialised, without a commit."""
    if not (target / ".git").is_dir():
        return False
    try:
        git("rev-parse", "--quiet", "--verify", "HEAD", cwd=target)
    except BadInputError:  # a repository of another user: unknown
        raise
    except MkbackendError:
        return True
    return False


def anchor(target: Path) -> Path:
    """Return the directory for the stage: on the target's disk, so that it can be renamed to it."""
    if target.is_mount():
        return target
    return next(path for path in target.parents if path.exists())


def has_commits(target: Path) -> bool:
    """Return whether the path is a repository with commits."""
    return (target / ".git").is_dir() and not is_unborn_clone(target)
