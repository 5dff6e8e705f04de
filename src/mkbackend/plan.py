"""A merge that was tried out, and then done in the project just so."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from mkbackend import merge, repository
from mkbackend.errors import BadInputError
from mkbackend.followup import FollowUp, follow_up
from mkbackend.merge import Outcome, Renders
from mkbackend.obstacles import Obstacles, find_obstacles
from mkbackend.repository import Repository


@dataclass(frozen=True)
class Plan:
    """What a merge does, what is in its way, and what remains for the owner; `trial` has the result."""

    repo: Repository
    trial: Repository
    commit: str
    outcome: Outcome
    obstacles: Obstacles
    follow_up: FollowUp

    @property
    def new(self) -> list[str]:
        """All paths that the update adds, from the top."""
        joined = [self.repo.prefix + self.follow_up.join[0]] if self.follow_up.join else []
        tracked = set(self.repo.names("ls-files", "-z"))
        written = (*self.outcome.written, *self.obstacles.beside.values(), *joined)
        return [path for path in written if path not in tracked]

    @property
    def undo(self) -> str:
        """The one command that takes all of it back."""
        beside = list(self.obstacles.beside.values())
        return repository.undo(self.repo, beside, conflicts=bool(self.outcome.conflicts))

    def apply(self) -> "Plan":
        """Do it in the project and return what it did; a note tells a later run what was begun."""
        merge.hand_over(self.trial, self.commit, self.repo)
        repository.begin(self.repo, self.new)
        try:
            outcome = merge.pick(self.repo, self.commit)
        except BadInputError:
            if not self.repo.changes():
                repository.end(self.repo)
            raise
        for path in self.obstacles.beside.values():
            _copy(self.trial.top / path, self.repo.top / path)
        _join(self.repo, self.follow_up)
        repository.end(self.repo)
        outcome.written = self.outcome.written
        return replace(self, outcome=outcome)


def make(repo: Repository, renders: Renders, version: str, directory: Path) -> Plan:
    """Try the merge in a throwaway repository: once, and again without what the user's ignored files block."""
    label = f"mkbackend {version}"
    trial = merge.borrow(repo, directory)
    commit = merge.change(trial, renders, label)
    outcome = merge.attempt(trial, commit)
    theirs = {path: _either(renders.new / path, trial.top / path) for path in outcome.written}
    obstacles = find_obstacles(repo, theirs)
    if obstacles.kept:
        trial = merge.borrow(repo, directory / "again")
        commit = merge.change(trial, renders, label, obstacles.kept)
        outcome = merge.attempt(trial, commit)
        for path, new in obstacles.beside.items():
            _copy(theirs[path], trial.top / new)
    work = follow_up(repo.project, trial.project, version)
    _join(trial, work)
    return Plan(repo, trial, commit, outcome, obstacles, work)


def _join(place: Repository, work: FollowUp) -> None:
    """Add the migration that joins two heads."""
    if work.join:
        path, text = work.join
        (place.project / path).write_text(text, encoding="utf-8", newline="\n")
        place.git("add", "--force", "--", place.prefix + path, apart=True)


def _either(render: Path, merged: Path) -> Path:
    """Return the template's file; what git has put where the user moved a folder, only the merge has."""
    return render if render.is_file() else merged


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
