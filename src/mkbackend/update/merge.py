"""Merge of the template's changes into the project by git, which follows renames and keeps edits."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.project.repository import Repository
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
BASE, OURS, THEIRS = 1, 2, 3
IN_PLACE = "; your version is kept, git checkout --theirs takes the template's"
_WHY = {
    frozenset({BASE, OURS, THEIRS}): "changed here and in the template",
    frozenset({OURS, THEIRS}): "added here and in the template",
    frozenset({BASE, OURS}): "changed or renamed here, deleted in the template",
}


@dataclass
class Outcome:
    """The result of a merge; paths from the top of the repository."""

    changes: list[tuple[str, str]] = field(default_factory=list)
    conflicts: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)


def pick(place: Repository, ours: Ours, commit: str, resolved: Mapping[str, bytes]) -> Outcome:
    """Merge a commit into the work tree and index without committing; raise BadInputError if git refuses.

    `resolved` are files whose conflicts the trial resolved.
    """
    _switch(place, "HEAD", ours.commit)
    try:
        cherry_pick(place, commit)
    except BadInputError:
        _switch(place, ours.commit, "HEAD")
        raise
    for path, content in resolved.items():
        (place.top / path).write_bytes(content)
        place.git("--literal-pathspecs", "add", "--force", "--", path, apart=True)
    return settle(place)


def _switch(place: Repository, old: str, new: str) -> None:
    """Switch a clean index and work tree from one commit to another."""
    if new == old:
        return
    try:
        place.git("update-index", "-q", "--refresh", apart=True)
        place.git("read-tree", "-m", "-u", old, new, apart=True)
    except MkbackendError as error:
        raise BadInputError(f"git cannot switch the files: {error.message}", hint="git status") from error


def cherry_pick(place: Repository, commit: str) -> None:
    """Merge a commit, with conflicts or without; raise BadInputError if git refuses."""
    try:
        place.git(*_FLAGS, "cherry-pick", "--no-commit", commit, env=NOBODY, apart=True)
    except MkbackendError as error:
        if not unmerged(place):
            raise BadInputError(f"git cannot merge: {error.message}", hint="git status") from error
    finally:
        place.git("cherry-pick", "--quit", apart=True)


def settle(place: Repository) -> Outcome:
    """Remove again what the user deleted, and return the outcome."""
    stages_of = unmerged(place)
    deleted = [path for path, stages in stages_of.items() if stages == {BASE, THEIRS}]
    if deleted:
        place.git("--literal-pathspecs", "rm", "--quiet", "--force", "--", *deleted, apart=True)
    conflicts = {path: _why(place, path, stages) for path, stages in stages_of.items() if path not in deleted}
    return Outcome(_changes(place, conflicts), conflicts, deleted)


def unmerged(place: Repository) -> dict[str, frozenset[int]]:
    """Return each path in conflict with its stages: 1 the old render, 2 the user's file, 3 the new render."""
    stages: dict[str, set[int]] = defaultdict(set)
    for line in place.names("ls-files", "--unmerged", "-z"):
        entry, _, path = line.partition("\t")
        stages[path].add(int(entry.rpartition(" ")[2]))
    return {path: frozenset(found) for path, found in stages.items()}


def _why(place: Repository, path: str, stages: frozenset[int]) -> str:
    """Return the reason of a conflict; without conflict markers the user's version is kept."""
    why = _WHY.get(stages, "renamed or moved here and in the template")
    if {OURS, THEIRS} <= stages and not _is_marked(place.top / path):
        return why + IN_PLACE
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
