"""The git repository of a project: checks before an update, and the command that undoes it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.project.answers import ANSWERS
from mkbackend.system.git import git
from mkbackend.system.programs import run, typed

_IN_PROGRESS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}
# Keep git status from refreshing the index: checks must not write.
_LOOK = {"GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True)
class Repository:
    """A git work tree, and the project's folder in it: empty, or for example `services/shop/`."""

    top: Path
    prefix: str = ""

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.top / self.prefix

    def git(self, *args: str | Path, **options: Any) -> str:
        """Run git at the top of the repository."""
        return git(*args, cwd=self.top, **options)

    def names(self, *args: str | Path, **options: Any) -> list[str]:
        """Run a git command with -z at the top, and return its output split at NUL."""
        printed = run("git", *args, cwd=self.top, env=_LOOK, **options)
        return [os.fsdecode(part) for part in printed.split(b"\0") if part]

    def inside(self, name: str) -> Path:
        """Return the path of a file in the git directory."""
        return Path(self.git("rev-parse", "--path-format=absolute", "--git-path", name))

    def shown(self, path: str) -> str:
        """Return a path relative to the project instead of the top."""
        return Path(os.path.relpath(self.top / path, self.project)).as_posix()

    def changes(self) -> list[str]:
        """Return the status lines of the project's uncommitted changes, without untracked files."""
        options = ("--porcelain", "-z", "--untracked-files=no", "--no-renames")
        return self.names("status", *options, "--", self.prefix or ".")

    def in_conflict(self) -> bool:
        """Return whether the index has unmerged paths."""
        return bool(self.names("ls-files", "--unmerged", "-z"))


def find(project: Path) -> Repository:
    """Return the repository of a project; raise BadInputError if it has no commit to go back to."""
    try:
        where = ("--show-toplevel", "--show-prefix")
        top, prefix, _ = git("rev-parse", *where, "--verify", "HEAD^{commit}", cwd=project).rsplit("\n", 2)
    except BadInputError:  # its hint is the fix
        raise
    except MkbackendError as error:
        raise BadInputError(
            f"{project} is not in a git repository with a commit, so changes could not be undone: {error.message}",
            hint=_start(project),
        ) from error
    return Repository(Path(top), prefix)


def _start(project: Path) -> str:
    """Return the command for a first commit; with git init only if there is no repository, not even a broken one."""
    commit = 'git add --all && git commit -m "Before the update"'
    if not any((folder / ".git").exists() for folder in (project, *project.parents)):
        return f"git init && {commit}"
    try:
        git("rev-parse", "--show-toplevel", cwd=project)
    except MkbackendError:
        return "Check the repository: git status"
    return commit


def require_ready(repo: Repository) -> None:
    """Raise BadInputError unless the project is clean, so that an update can be undone."""
    _require_finished(repo)
    lock = repo.inside("index.lock")
    if lock.exists():
        raise BadInputError(
            "Another git command is running here, or was killed.", hint=f"If no git is running: {typed('rm', lock)}"
        )
    for name, doing in _IN_PROGRESS.items():
        if repo.inside(name).exists():
            raise BadInputError(
                f"A {doing} is in progress.", hint=f"git {doing} --continue, or git {doing} --abort; then retry."
            )
    if not repo.names("ls-tree", "-z", "HEAD", repo.prefix + ANSWERS):
        raise BadInputError(f"{ANSWERS} is not committed.", hint=f"git add --force {ANSWERS} && git commit")
    if changed := repo.changes():
        raise BadInputError(
            f"There are uncommitted changes: {', '.join(_shown(changed))}.",
            hint="git commit or git stash, then retry.",
        )


def git_in(repo: Repository) -> tuple[str | Path, ...]:
    """Return the beginning of a git command that a person types for the project."""
    return ("git",) if repo.project == Path.cwd() else ("git", "-C", repo.project)


def undo(repo: Repository, new: list[str], conflicts: bool) -> str:
    """Return the command that undoes an update: in the index, in the work tree, and its untracked files."""
    here = git_in(repo)
    steps: list[tuple[str | Path, ...]] = [(*here, "restore", "--source=HEAD", "--staged", "--worktree", ".")]
    if conflicts:  # restore refuses conflicts that the commit lacks: add resolves them
        steps.insert(0, (*here, "add", "--update", "."))
    if new:
        steps.append((*here, "clean", "-fqxd", "--", *map(repo.shown, new)))
    return " && ".join(typed(*step) for step in steps)


def begin(repo: Repository, new: list[str]) -> None:
    """Write a note of the paths that an update is about to add, for the run after a killed one."""
    note = {"head": repo.git("rev-parse", "HEAD"), "new": new}
    _note(repo).write_text(json.dumps(note), encoding="utf-8")


def end(repo: Repository) -> None:
    """Remove the note: the update is complete."""
    _note(repo).unlink(missing_ok=True)


def _require_finished(repo: Repository) -> None:
    """Raise BadInputError with the undo command if an update was killed; forget one that was undone."""
    try:
        note = json.loads(_note(repo).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # a half-written note: nothing was changed yet
        end(repo)
        return
    lock = repo.inside("index.lock")
    tracked = set(repo.names("ls-tree", "-r", "-z", "--name-only", "HEAD"))
    left = [name for name in note["new"] if name not in tracked and os.path.lexists(repo.top / name)]
    if note["head"] != repo.git("rev-parse", "HEAD") or not (lock.exists() or left or repo.changes()):
        end(repo)
        return
    unlock = f"{typed('rm', lock)} && " if lock.exists() else ""
    raise BadInputError(
        "A previous update was interrupted halfway. Your last commit is intact.",
        hint=f"Restore it, then update again: {unlock}{undo(repo, left, repo.in_conflict())}",
    )


def _note(repo: Repository) -> Path:
    return repo.inside("mkbackend-update")


def _shown(status: list[str], most: int = 5) -> list[str]:
    """Return the first paths of `git status` and the number of others."""
    names = [line[3:] for line in status if line[2:3] == " "]
    return [*names[:most], f"{len(names) - most} more"] if len(names) > most else names
