"""A project in its git repository: found, fit for an update, and the way back from one."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.recorded import ANSWERS
from mkbackend.system import git, run, typed

_IN_PROGRESS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}
# To look must not write: git would refresh the index.
_LOOK = {"GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True)
class Repository:
    """A work tree of git, and in it the folder of the project: empty for all of it, or such as `services/shop/`."""

    top: Path
    prefix: str = ""

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.top / self.prefix

    def git(self, *args: str | Path, **options: Any) -> str:
        """Run git at the top."""
        return git(*args, cwd=self.top, **options)

    def names(self, *args: str | Path, **options: Any) -> list[str]:
        """Run a git command with -z at the top, and return the parts of what it prints."""
        printed = run("git", *args, cwd=self.top, env=_LOOK, **options)
        return [os.fsdecode(part) for part in printed.split(b"\0") if part]

    def inside(self, name: str) -> Path:
        """Return the place in git's own folder of one of its files, or of one of ours."""
        return Path(self.git("rev-parse", "--path-format=absolute", "--git-path", name))

    def shown(self, path: str) -> str:
        """Return a path from the top as one from the project's folder, where people type."""
        return Path(os.path.relpath(self.top / path, self.project)).as_posix()

    def changes(self) -> list[str]:
        """Return what differs from the last commit in the project, not counting untracked files."""
        options = ("--porcelain", "-z", "--untracked-files=no", "--no-renames")
        return self.names("status", *options, "--", self.prefix or ".")

    def in_conflict(self) -> bool:
        """Whether the index has a path that is not merged."""
        return bool(self.names("ls-files", "--unmerged", "-z"))


def find(project: Path) -> Repository:
    """Return the repository around a project; BadInputError where it has no commit to go back to."""
    top = ""
    try:
        top, prefix = git("rev-parse", "--show-toplevel", "--show-prefix", cwd=project).partition("\n")[::2]
        git("rev-parse", "--quiet", "--verify", "HEAD^{commit}", cwd=project)
    except BadInputError:  # it names its own fix
        raise
    except MkbackendError as error:
        raise BadInputError(
            f"{project} is in no git repository with a commit, so that an update could not be undone: {error.message}",
            hint=_start(project, has_repository=bool(top)),
        ) from error
    return Repository(Path(top), prefix)


def _start(project: Path, has_repository: bool) -> str:
    """Return what leads to a first commit: git init only where there is no repository, not even one git cannot read."""
    commit = 'git add --all && git commit -m "Before the update"'
    if has_repository:
        return commit
    is_inside = any((folder / ".git").exists() for folder in (project, *project.parents))
    return "See what git says: git status" if is_inside else f"git init && {commit}"


def require_ready(repo: Repository) -> None:
    """Refuse what an update could not be told from, or taken back from."""
    _require_finished(repo)
    lock = repo.inside("index.lock")
    if lock.exists():
        raise BadInputError(
            "Another git command is at work here, or one was killed.", hint=f"If none is: {typed('rm', lock)}"
        )
    for name, doing in _IN_PROGRESS.items():
        if repo.inside(name).exists():
            raise BadInputError(
                f"A {doing} is in progress.", hint=f"git {doing} --continue, or git {doing} --abort; then again."
            )
    if not repo.names("ls-tree", "-z", "HEAD", repo.prefix + ANSWERS):
        raise BadInputError(f"{ANSWERS} is not committed.", hint=f"git add --force {ANSWERS} && git commit")
    if changed := repo.changes():
        raise BadInputError(
            f"There are changes that are not committed: {', '.join(_shown(changed))}.",
            hint="git commit, or git stash; then again.",
        )


def undo(repo: Repository, new: list[str], conflicts: bool) -> str:
    """Return the one command that takes an update back: from the index, from the tree, and what git does not track."""
    here = ("git",) if repo.project == Path.cwd() else ("git", "-C", repo.project)
    steps = [(*here, "restore", "--source=HEAD", "--staged", "--worktree", ".")]
    if conflicts:  # restore refuses what is in conflict and not in the commit; to be added, it must be none
        steps.insert(0, (*here, "add", "--update", "."))
    if new:
        steps.append((*here, "clean", "-fqxd", "--", *map(repo.shown, new)))
    return " && ".join(typed(*step) for step in steps)


def begin(repo: Repository, new: list[str]) -> None:
    """Note what an update is about to add, for whoever comes after a killed one."""
    note = {"head": repo.git("rev-parse", "HEAD"), "new": new}
    _note(repo).write_text(json.dumps(note), encoding="utf-8")


def end(repo: Repository) -> None:
    """Take the note away: the update is whole."""
    _note(repo).unlink(missing_ok=True)


def _require_finished(repo: Repository) -> None:
    """Refuse to go on where an update was killed, and name the way back; forget one that was taken back."""
    try:
        note = json.loads(_note(repo).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # a note that is half-written: nothing was changed yet
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
        "An update of this project was interrupted halfway. Your last commit is whole.",
        hint=f"Go back to it, then update again: {unlock}{undo(repo, left, repo.in_conflict())}",
    )


def _note(repo: Repository) -> Path:
    return repo.inside("mkbackend-update")


def _shown(status: list[str], most: int = 5) -> list[str]:
    """Return the paths of `git status`, few of them."""
    names = [line[3:] for line in status if line[2:3] == " "]
    return [*names[:most], f"{len(names) - most} more"] if len(names) > most else names
