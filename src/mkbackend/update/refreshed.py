"""The slices of a project after an update: refreshed, or left with a commit of their changes to pick."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.project import formatter
from mkbackend.project.repository import Repository
from mkbackend.slices import disk
from mkbackend.slices.record import FOLDER
from mkbackend.slices.refresh.refresh import Refreshed, difference, refresh
from mkbackend.slices.refresh.today import Slice, render_all
from mkbackend.update.past import Past
from mkbackend.update.trees import NOBODY, Ours


@dataclass(frozen=True)
class Slices:
    """The refreshed slices, the others with the commits of their changes, and why some were skipped, by name."""

    done: list[Refreshed] = field(default_factory=list)
    left: dict[str, Refreshed] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def steps(self) -> dict[str, str | None]:
        """Return all changes, by path in the project."""
        return {path: text for each in self.done for path, text in each.steps.items()}

    def apply(self, place: Repository) -> None:
        """Write the changes into a project, and stage them."""
        if not self.steps:
            return
        disk.apply(place.project, self.steps)
        names = [place.prefix + path for path in self.steps]
        place.git("--literal-pathspecs", "add", "--all", "--force", "--", *names, apart=True)


def refresh_all(repo: Repository, trial: Repository, ours: Ours, unmerged: Mapping[str, str], moves: str) -> Slices:
    """Refresh the slices in the trial of a merge.

    `unmerged` are the conflicts of the template's files: a slice with one of them is skipped.
    """
    if not (trial.project / FOLDER).is_dir():
        return Slices()
    conflicts = {trial.shown(path) for path in unmerged}
    try:
        ruff = formatter.find_ruff(repo.project)
        _require_resolved(["pyproject.toml"], conflicts)
        today = render_all(trial.project, ruff)
    except MkbackendError as error:
        return Slices(skipped={"all": error.line})
    found = Slices(skipped=today.skipped)
    for each in today.slices:
        try:
            _require_free(each, repo, trial, conflicts)
            refreshed = refresh(each, trial.project, Past(repo, moves).find, ruff)
        except MkbackendError as error:
            found.skipped[each.name] = error.line
            continue
        if refreshed.is_left:
            found.left[_offer(trial, ours, refreshed)] = refreshed
        elif refreshed.steps:
            found.done.append(refreshed)
    found.apply(trial)
    return found


def _require_resolved(paths: Iterable[str], conflicts: set[str]) -> None:
    """Raise BadInputError if the merge left a conflict in one of the files."""
    if both := sorted(conflicts.intersection(paths)):
        raise BadInputError(f"{both[0]} is in conflict.", "Resolve it, commit, then run mkbackend update again.")


def _require_free(it: Slice, repo: Repository, trial: Repository, conflicts: set[str]) -> None:
    """Raise BadInputError if a file of a slice is in conflict, or an untracked file is in the way of a new one."""
    paths = {*it.known.all_paths, *it.texts}
    _require_resolved(paths, conflicts)
    disk.require_own(repo.project, paths)
    taken = [path for path in paths if (repo.project / path).exists() and not (trial.project / path).exists()]
    if taken:
        raise BadInputError(f"{min(taken)} is in the way, and is not in git.", "Move or commit it, then update again.")


def _offer(trial: Repository, ours: Ours, left: Refreshed) -> str:
    """Return a commit whose difference is what today's templates change in a slice."""
    index = {"GIT_INDEX_FILE": str(trial.inside("slice-index"))}
    trial.git("read-tree", ours.commit, env=index)
    edited = {path: left.bases.get(path) for path in (*left.conflicts, *left.without_base)}
    before = _commit(trial, edited, index, ours.commit)
    return _commit(trial, difference(left), index, before, f"Slice {left.slice.name}")


def _commit(trial: Repository, files: disk.Changes, index: Mapping[str, str], parent: str, label: str = "") -> str:
    """Return a commit of the index with changed files."""
    for path, text in files.items():
        name = trial.prefix + path
        if text is None:
            trial.git("update-index", "--force-remove", "--", name, env=index)
        else:
            blob = trial.git("hash-object", "-w", "--stdin", "--no-filters", stdin=text.encode())
            trial.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", env=index)
    tree = trial.git("write-tree", env=index)
    return trial.git("commit-tree", tree, "-p", parent, "-m", label or "Before", env=NOBODY)
