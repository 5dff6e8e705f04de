"""The template's moves, applied to the old render and to the owner's last commit before the merge.

All three sides then have the same paths and names, so that git finds the owner's edits in moved files.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mkbackend.project import formatter
from mkbackend.project.repository import Repository
from mkbackend.slices.refresh.moved import follow
from mkbackend.update import committed, filters
from mkbackend.update.committed import Committed
from mkbackend.update.moves.paths import PYTHON, find_blocked, find_moved
from mkbackend.update.moves.table import Moves
from mkbackend.update.obstacles import find_ignored
from mkbackend.update.relocated import Relocated
from mkbackend.update.trees import Ours, Renders

if TYPE_CHECKING:
    from mkbackend.update.moves.files import Rewriter

# The owner's files that are read: code, ruff settings, slice records and their base texts
_READ = (*PYTHON, ".toml", ".base")


@dataclass(frozen=True)
class _Side:
    """The Python files of one side that the moves may change, and a folder with its ruff settings."""

    files: dict[str, bytes]
    folder: Path

    def of(self, files: dict[str, bytes]) -> "_Side":
        """Return the same side with other files."""
        return _Side(files, self.folder)

    def rewritten(self, rewriter: "Rewriter", ruff: Path) -> dict[str, bytes]:
        """Return the changed files, formatted if they were before."""
        results = {path: rewriter.rewrite(path, content) for path, content in self.files.items()}
        changed = {path: result.text.encode() for path, result in results.items() if result and result.names}
        return formatter.tidy(ruff, self.folder, {path: self.files[path] for path in changed}, changed)


def relocate(
    repo: Repository, renders: Renders, moves: Moves, apart: Iterable[str], objects: Path, directory: Path
) -> Relocated:
    """Rewrite the old render in place, and the owner's project as a commit whose objects go to a folder."""
    if not moves:
        return Relocated()
    from mkbackend.update.moves.files import Rewriter, find_exported

    project, ruff = renders.old / repo.prefix, formatter.find_ruff(repo.project)
    mine, old = committed.read(repo, apart, _READ), _rendered(project)
    moved, stayed = _find_moved(mine, old, moves, renders)
    rewriter = Rewriter(moves, moved)
    ours = _Side(_candidates(rewriter, mine.contents), directory / "owner")
    theirs = _Side(_candidates(rewriter, old), project)
    rewriter.exported = find_exported(ours.files)
    _write(theirs.folder, old, moved, theirs.rewritten(rewriter, ruff))
    _check_out(ours.folder, mine.contents)
    gone = {path: there for path, there in moved.items() if path in mine.entries}
    changed = ours.rewritten(rewriter, ruff)
    records = follow(mine.contents, gone, lambda files: ours.of(_candidates(rewriter, files)).rewritten(rewriter, ruff))
    commit = mine.commit(gone, changed | records, objects, directory)
    before = {repo.prefix + there: repo.prefix + path for path, there in moved.items()}
    own = {path for path in mine.entries if path not in old or mine.contents.get(path, old[path]) != old[path]}
    added = [repo.prefix + there for there in gone.values()]
    done = Relocated(Ours(commit, before), added, moves, _among(own, gone), _among(own, stayed))
    for path, content in _among(own, ours.files).items():
        done.add(path, content, rewriter.rewrite(path, content))
    return done


def _among[T](paths: Iterable[str], found: Mapping[str, T]) -> dict[str, T]:
    return {path: found[path] for path in sorted(paths) if path in found}


def _find_moved(
    mine: Committed, old: Mapping[str, bytes], moves: Moves, renders: Renders
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files that move and those that stay: a file that one side cannot move stays on both."""
    paths = mine.entries.keys() | old.keys()
    wanted = find_moved(sorted(paths), moves, _rendered(renders.new / mine.repo.prefix))
    fixed = _find_fixed(mine, wanted)
    stayed = fixed | find_blocked({path: there for path, there in wanted.items() if path not in fixed}, paths)
    return _among(wanted.keys() - stayed, wanted), _among(stayed, wanted)


def _find_fixed(mine: Committed, wanted: Mapping[str, str]) -> set[str]:
    """Return the files that cannot move: links, filtered files, and those with an ignored file in the way."""
    prefix, top = mine.repo.prefix, mine.repo.top
    ends = [prefix + end for pair in wanted.items() for end in pair]
    fixed = {*filters.filtered(mine.repo, ends)}
    fixed |= {*find_ignored(mine.repo, [end for end in ends if os.path.lexists(top / end)])}
    links = {path for path in wanted if path in mine.entries and not mine.is_file(path)}
    return links | {path for path, there in wanted.items() if fixed & {prefix + path, prefix + there}}


def _candidates(rewriter: "Rewriter", files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        path: content
        for path, content in files.items()
        if path.endswith(PYTHON) and path.isprintable() and rewriter.may_change(path, content)
    }


def _rendered(project: Path) -> dict[str, bytes]:
    files = [path for path in project.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in files}


def _write(project: Path, old: Mapping[str, bytes], moved: Mapping[str, str], changed: Mapping[str, bytes]) -> None:
    """Move and change the files of a render."""
    going = {path: moved[path] for path in old if path in moved}
    modes = {path: (project / path).stat().st_mode for path in going}
    for path in going:
        (project / path).unlink()
    for path in {**going, **changed}:
        place = project / going.get(path, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(changed.get(path, old[path]))
        if path in modes:
            place.chmod(modes[path])


def _check_out(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files to a folder, where ruff finds its settings and the first-party packages."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
