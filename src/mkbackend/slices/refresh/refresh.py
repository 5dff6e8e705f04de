"""Refresh of a slice: today's templates are merged into its files, whole or not at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.project.migrations import VERSIONS
from mkbackend.slices import base, disk
from mkbackend.slices.disk import Changes
from mkbackend.slices.merge import find_broken, merge
from mkbackend.slices.record import Record
from mkbackend.slices.refresh.today import Slice
from mkbackend.slices.rendering import render

# Returns the texts, by path, of files as `add` wrote them that have no base text.
FindPast = Callable[[Record, list[str]], Mapping[str, str]]
_BOTH = "changed here and in the templates"
_GONE = "changed here, gone from the templates"


@dataclass
class Refreshed:
    """A refreshed slice.

    Attributes:
        slice: the slice of today.
        steps: the changes to its files, and to its record.
        merged: the changed files that keep edits of the owner.
        conflicts: the edited files that cannot be merged, each with the reason.
        without_base: the edited files whose text before the edits is unknown.
        bases: the known texts before the edits of the owner.
    """

    slice: Slice
    steps: dict[str, str | None] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    conflicts: dict[str, str] = field(default_factory=dict)
    without_base: list[str] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)

    @property
    def is_left(self) -> bool:
        """Return whether the slice stays as it is: half of it may not work with the other half."""
        return bool(self.conflicts or self.without_base)

    @property
    def files(self) -> list[str]:
        """Return the changed files, without the record and base texts."""
        return [path for path in self.steps if path.endswith(".py")]


def refresh(it: Slice, project: Path, find_past: FindPast, program: Path | None = None) -> Refreshed:
    """Return the changes that bring a slice of a project to today's templates."""
    done = Refreshed(it)
    known, written = it.known, it.written
    disk.require_own(project, {**known.files, **written.files, known.path: "", known.base_path: ""})
    done.bases = base.read(project, known)
    edited: dict[str, str] = {}
    for path in {**known.files, **it.texts}:
        if path.startswith(VERSIONS):
            continue
        mine = _read(project / path)
        is_removed = path in known.files and mine is None
        if is_removed or mine == it.texts.get(path) or written.files.get(path) == known.files.get(path):
            continue
        if mine is None or known.is_untouched(project, path):
            done.steps[path] = it.texts.get(path)
        else:
            edited[path] = mine
    if missing := [path for path in edited if path in known.files and path not in done.bases]:
        done.bases |= find_past(known, missing)
    for path, text in _merged(edited, done, project, program).items():
        done.steps[path] = text
        done.merged.append(path)
    own = {written.path: written.written(), written.base_path: base.written(it.texts)}
    done.steps |= {path: text for path, text in own.items() if _read(project / path) != text}
    return done


def _read(path: Path) -> str | None:
    """Return the text of a file; None if there is none."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else None
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path.name} is not UTF-8: {error}.", "Save it in that encoding.") from error


def _merged(edited: Mapping[str, str], done: Refreshed, project: Path, program: Path | None) -> dict[str, str]:
    """Return the merged text of edited files; the others are added to those that cannot be merged."""
    texts, kept = done.slice.texts, {path: done.bases[path] for path in edited if path in done.bases}
    done.without_base += [path for path in edited if path not in kept]
    alike = render.formatted(kept, project, program) if kept else {}
    found: dict[str, str] = {}
    for path, before in kept.items():
        # The owner's formatter may have changed since.
        tries = (merge(edited[path], text, texts[path]) for text in (before, alike[path]) if path in texts)
        merged = next((text for text in tries if text is not None), None)
        if merged is None:
            done.conflicts[path] = _BOTH if path in texts else _GONE
        else:
            found[path] = merged
    found = render.formatted(found, project, program) if found else {}
    for path, problem in find_broken(found, edited, project, program).items():
        done.conflicts[path] = f"merged, it would have: {problem}"
    return found


def difference(left: Refreshed) -> Changes:
    """Return the changes of a slice that is left as it is, for its owner to merge."""
    written = left.slice.written
    own = {written.path: written.written(), written.base_path: base.written(left.slice.texts)}
    edited = [*left.conflicts, *left.without_base]
    return left.steps | {path: left.slice.texts.get(path) for path in edited} | own
