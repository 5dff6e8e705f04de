"""Merge of the template's changes into the project by git, which follows renames and keeps edits.

Every merge is tried first in a temporary repository that borrows the project's objects. Its work tree has the files
that the template does not change: git reads .gitattributes there, and a merge driver may be a script of the project.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.project.repository import Repository
from mkbackend.system.git import git
from mkbackend.system.programs import run
from mkbackend.update import imports
from mkbackend.update.trees import NOBODY, Ours

# Override the user's own merge settings.
_SETTINGS = {
    "merge.renames": "true",
    "merge.renameLimit": "7000",
    "merge.directoryRenames": "conflict",
    "merge.renormalize": "false",
    "rerere.enabled": "false",
    "core.safecrlf": "false",
    "core.excludesFile": os.devnull,
}
_FLAGS = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
_BASE, _OURS, _THEIRS = 1, 2, 3
_IN_PLACE = "; your version is kept, git checkout --theirs takes the template's"
_WHY = {
    frozenset({_BASE, _OURS, _THEIRS}): "changed here and in the template",
    frozenset({_OURS, _THEIRS}): "added here and in the template",
    frozenset({_BASE, _OURS}): "changed or renamed here, deleted in the template",
}


@dataclass
class Outcome:
    """The result of a merge; paths from the top of the repository."""

    changes: list[tuple[str, str]] = field(default_factory=list)
    conflicts: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)


def borrow(repo: Repository, ours: Ours, directory: Path, objects: Path) -> Repository:
    """Create a temporary repository at the user's commit with their settings and an empty work tree.

    Its index has the user's side of the merge. Filters do not run in it: their keys and programs are in the project.
    """
    top = directory / "tree"
    form = repo.git("rev-parse", "--show-object-format")
    git("init", "--quiet", "--template=", "--initial-branch=main", f"--object-format={form}", top)
    theirs = Path(repo.git("rev-parse", "--path-format=absolute", "--git-common-dir"))
    inside = top / ".git"
    for name in ("shallow", "info/attributes", "objects/info/alternates"):
        (inside / name).parent.mkdir(exist_ok=True)
        if name != "objects/info/alternates" and (theirs / name).is_file():
            (inside / name).write_bytes((theirs / name).read_bytes())
    with (inside / "info/attributes").open("a", encoding="utf-8", newline="\n") as attributes:
        attributes.write("\n* -filter\n")
    _write(inside / "objects/info/alternates", f"{theirs / 'objects'}\n{objects}\n")
    own = f'[core]\n\tbare = false\n\tworktree = "{_quoted(top)}"\n\tsparseCheckout = false\n\tfsmonitor = false\n'
    with (inside / "config").open("a", encoding="utf-8", newline="\n") as config:
        config.write(f'[include]\n\tpath = "{_quoted(theirs / "config")}"\n{own}')
    trial = Repository(top, repo.prefix)
    trial.git("update-ref", "HEAD", repo.git("rev-parse", "HEAD"))
    trial.git("read-tree", ours.commit)
    return trial


def pick(place: Repository, ours: Ours, commit: str, resolved: Mapping[str, bytes]) -> Outcome:
    """Merge a commit into the work tree and index without committing; raise BadInputError if git refuses.

    `resolved` are files whose conflicts the trial resolved.
    """
    _switch(place, "HEAD", ours.commit)
    try:
        _cherry_pick(place, commit)
    except BadInputError:
        _switch(place, ours.commit, "HEAD")
        raise
    for path, content in resolved.items():
        (place.top / path).write_bytes(content)
        place.git("--literal-pathspecs", "add", "--force", "--", path, apart=True)
    return _settle(place)


def attempt(trial: Repository, commit: str) -> Outcome:
    """Merge in the temporary repository, record the files that git wrote, then check out the rest of the project."""
    touched = set(trial.names("diff-tree", "-r", "-z", "--name-only", f"{commit}^", commit))
    _check_out(trial, touched)
    _cherry_pick(trial, commit)
    both = [path for path, stages in _unmerged(trial).items() if stages == {_BASE, _OURS, _THEIRS}]
    resolved = imports.resolve(trial, both)
    changed = trial.names("diff", "--cached", "-z", "--name-only", "--no-renames", "HEAD")
    written = [path for path in changed if _is_there(trial, path)]
    outcome = _settle(trial)
    outcome.written, outcome.resolved = written, resolved
    _check_out(trial, set(outcome.conflicts))
    if mine := [path for path, why in outcome.conflicts.items() if why.endswith(_IN_PLACE)]:
        trial.git("--literal-pathspecs", "checkout", "--quiet", "--ours", "--", *mine)
    return outcome


def hand_over(trial: Repository, ours: Ours, commit: str, repo: Repository) -> None:
    """Copy the objects of both sides to the user's repository, still unreferenced."""
    wanted = f"{commit}\n{ours.commit}\n^{trial.git('rev-parse', 'HEAD')}\n".encode()
    pack = run("git", "pack-objects", "--quiet", "--revs", "--stdout", cwd=trial.top, stdin=wanted)
    repo.git("unpack-objects", "-q", stdin=pack)


def _check_out(trial: Repository, but: set[str]) -> None:
    """Check out the project's missing files except some, and every .gitattributes, also those above the project."""
    missing = [name for name in trial.names("ls-files", "-z") if not os.path.lexists(trial.top / name)]
    wanted = [
        os.fsencode(name) + b"\0"
        for name in missing
        if name.rpartition("/")[2] == ".gitattributes" or (name.startswith(trial.prefix) and name not in but)
    ]
    trial.git("checkout-index", "--quiet", "-z", "--stdin", stdin=b"".join(wanted))


def _is_there(trial: Repository, path: str) -> bool:
    """Return whether a path is in the work tree, not behind a symbolic link."""
    is_behind_link = any((trial.top / parent).is_symlink() for parent in Path(path).parents)
    return os.path.lexists(trial.top / path) and not is_behind_link


def _switch(place: Repository, old: str, new: str) -> None:
    """Switch a clean index and work tree from one commit to another."""
    if new == old:
        return
    try:
        place.git("update-index", "-q", "--refresh", apart=True)
        place.git("read-tree", "-m", "-u", old, new, apart=True)
    except MkbackendError as error:
        raise BadInputError(f"git cannot switch the files: {error.message}", hint="git status") from error


def _cherry_pick(place: Repository, commit: str) -> None:
    try:
        place.git(*_FLAGS, "cherry-pick", "--no-commit", commit, env=NOBODY, apart=True)
    except MkbackendError as error:
        if not _unmerged(place):
            raise BadInputError(f"git cannot merge: {error.message}", hint="git status") from error
    finally:
        place.git("cherry-pick", "--quit", apart=True)


def _settle(place: Repository) -> Outcome:
    """Remove again what the user deleted, and return the outcome."""
    unmerged = _unmerged(place)
    deleted = [path for path, stages in unmerged.items() if stages == {_BASE, _THEIRS}]
    if deleted:
        place.git("--literal-pathspecs", "rm", "--quiet", "--force", "--", *deleted, apart=True)
    conflicts = {path: _why(place, path, stages) for path, stages in unmerged.items() if path not in deleted}
    return Outcome(_changes(place, conflicts), conflicts, deleted)


def _unmerged(place: Repository) -> dict[str, frozenset[int]]:
    """Return each path in conflict with its stages: 1 the old render, 2 the user's file, 3 the new render."""
    stages: dict[str, set[int]] = defaultdict(set)
    for line in place.names("ls-files", "--unmerged", "-z"):
        entry, _, path = line.partition("\t")
        stages[path].add(int(entry.rpartition(" ")[2]))
    return {path: frozenset(found) for path, found in stages.items()}


def _why(place: Repository, path: str, stages: frozenset[int]) -> str:
    """Return the reason of a conflict; without conflict markers the user's version is kept."""
    why = _WHY.get(stages, "renamed or moved here and in the template")
    if {_OURS, _THEIRS} <= stages and not _is_marked(place.top / path):
        return why + _IN_PLACE
    return why


def _is_marked(path: Path) -> bool:
    """Return whether git wrote conflict markers; it leaves binary files as the user has them."""
    return path.is_file() and b"<<<<<<<" in path.read_bytes()


def _changes(place: Repository, conflicts: Iterable[str]) -> list[tuple[str, str]]:
    """Return git's status letter (A, D, M, R, T) and path of each staged change; both paths of a rename."""
    parts = iter(place.names("diff", "--cached", "-z", "--name-status", "--find-renames", "HEAD"))
    changes = []
    for status in parts:
        path = next(parts)
        new = next(parts) if status[0] in "RC" else ""
        if status[0] != "U" and not {path, new} & set(conflicts):
            changes.append((status[0], f"{path}\0{new}" if new else path))
    return changes


def _quoted(path: Path) -> str:
    """Return a path escaped for quotes in a git config file."""
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
