"""A merge that is tried first and then applied to the project unchanged."""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.project import repository
from mkbackend.project.repository import Repository
from mkbackend.update import filters, merge, trees
from mkbackend.update.clashes import find_clashes, find_left_out
from mkbackend.update.filters import Filtered
from mkbackend.update.followup import FollowUp, follow_up
from mkbackend.update.merge import Outcome
from mkbackend.update.moves.table import Moves
from mkbackend.update.obstacles import Obstacles, find_obstacles
from mkbackend.update.refreshed import Slices, refresh_all
from mkbackend.update.relocate import relocate
from mkbackend.update.relocated import Relocated
from mkbackend.update.trees import Ours, Renders, find_apart
from mkbackend.update.trial import attempt, borrow, hand_over


@dataclass(frozen=True)
class Plan:
    """A merge with its obstacles and follow-up work; `trial` has the result."""

    repo: Repository
    trial: Repository
    commit: str
    outcome: Outcome
    obstacles: Obstacles
    follow_up: FollowUp
    relocated: Relocated
    slices: Slices
    left: list[str]

    @property
    def new(self) -> list[str]:
        """All paths that the update adds, relative to the top."""
        joined = [self.repo.prefix + self.follow_up.join[0]] if self.follow_up.join else []
        tracked = set(self.repo.names("ls-files", "-z"))
        slices = [self.repo.prefix + path for path in self.slices.steps]
        written = (*self.outcome.written, *self.obstacles.places, *joined, *self.relocated.added, *slices)
        return [path for path in written if path not in tracked]

    @property
    def undo(self) -> str:
        """The command that undoes the update."""
        return repository.undo(self.repo, self.obstacles.places, conflicts=bool(self.outcome.conflicts))

    def apply(self) -> "Plan":
        """Apply the merge to the project and return the result; a note records it for the run after a killed one."""
        hand_over(self.trial, (self.commit, self.relocated.ours.commit, *self.slices.left), self.repo)
        repository.begin(self.repo, self.new)
        try:
            resolved = {path: (self.trial.top / path).read_bytes() for path in self.outcome.resolved}
            outcome = merge.pick(self.repo, self.relocated.ours, self.commit, resolved)
        except BadInputError:
            if not self.repo.changes():
                repository.end(self.repo)
            raise
        for path in self.obstacles.new.values():
            _copy(self.trial.top / path, self.repo.top / path)
        _join(self.repo, self.follow_up)
        self.slices.apply(self.repo)
        repository.end(self.repo)
        outcome.written = self.outcome.written
        return replace(self, outcome=outcome)


def make(repo: Repository, renders: Renders, moves: Moves, version: str, directory: Path, listed: str | None) -> Plan:
    """Try the merge in a temporary repository, and again without the paths that clash or are blocked.

    `listed` is the template's whole list of moves, by which slices are refreshed; None leaves them as they are.
    """
    apart = find_apart(repo, renders)
    filtered = filters.convert(repo, renders.old, renders.new, apart, directory / "filtered")
    relocated = relocate(repo, renders, moves, apart, filtered.objects, directory)
    ours = relocated.ours
    try_merge = partial(_attempt, repo, ours, renders, f"mkbackend {version}", directory, filtered, apart)
    trial, commit, outcome = try_merge()
    clashes = find_clashes(trial, ours, commit, [*outcome.conflicts, *outcome.deleted])
    clashes |= {path: path for path in filters.find_refused(repo, trial, outcome.written)}
    if clashes:
        trial, commit, outcome = try_merge(kept=clashes)
    theirs = {path: _either(renders.new / path, trial.top / path) for path in (*outcome.written, *relocated.added)}
    clashes = {path: place for path, place in clashes.items() if (renders.new / path).is_file()}
    obstacles = find_obstacles(repo, theirs, clashes | find_left_out(renders, apart | filtered.broken))
    if obstacles.kept:
        trial, commit, outcome = try_merge(kept=[*clashes, *obstacles.kept])
    for path, new in obstacles.new.items():
        _copy(theirs.get(path, renders.new / path), trial.top / new)
    filters.bring(repo, trial, filtered.new)
    work = follow_up(repo.project, trial.project, version)
    _join(trial, work)
    slices = Slices() if listed is None else refresh_all(repo, trial, ours, outcome.conflicts, listed)
    left = relocated.find_left(trial, renders.new)
    return Plan(repo, trial, commit, outcome, obstacles, work, relocated, slices, left)


def _attempt(
    repo: Repository,
    ours: Ours,
    renders: Renders,
    label: str,
    directory: Path,
    filtered: Filtered,
    apart: set[str],
    kept: Iterable[str] = (),
) -> tuple[Repository, str, Outcome]:
    """Merge once in a new temporary repository."""
    trial = borrow(repo, ours, Path(tempfile.mkdtemp(dir=directory)), filtered.objects)
    commit = trees.change(trial, ours, renders, label, filtered, apart, kept)
    return trial, commit, attempt(trial, commit)


def _join(place: Repository, work: FollowUp) -> None:
    """Add the migration that merges two heads."""
    if work.join:
        path, text = work.join
        (place.project / path).write_text(text, encoding="utf-8", newline="\n")
        place.git("add", "--force", "--", place.prefix + path, apart=True)


def _either(render: Path, merged: Path) -> Path:
    """Return the template's file; only the merge has files that git moved along with a folder of the user."""
    return render if render.is_file() else merged


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
