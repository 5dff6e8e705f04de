"""New texts for the files of a slice: untouched files are rewritten, edited ones merged."""

from collections.abc import Mapping
from pathlib import Path

from mkbackend.project.migrations import VERSIONS
from mkbackend.slices import base, disk
from mkbackend.slices.merge import merge
from mkbackend.slices.record import Record, hash_of
from mkbackend.slices.rendering import render
from mkbackend.slices.resource.resource import Resource


def rewritten(
    known: Record, new: Resource, before: Mapping[str, str], after: Mapping[str, str], project: Path
) -> tuple[disk.Changes, dict[str, str]]:
    """Return the changes of all files, and the lines that could not be merged by file.

    Args:
        known: the record.
        new: the resource after the change.
        before: the unformatted files of the resource in the record.
        after: those of the new one, with its migration.
        project: its directory.
    """
    kept = base.read(project, known)
    if not before.keys() <= kept.keys():
        before = render.formatted(before, project)
        kept = _same(known, before) | kept
    fresh = render.formatted(after, project)
    steps, unplaced = _merged(known, {**before, **kept}, fresh, project)
    gone = [path for path in known.files if path not in fresh and not path.startswith(VERSIONS)]
    untouched = {path for path in gone if known.is_untouched(project, path)}
    unplaced |= {path: "No longer needed." for path in gone if path not in untouched and (project / path).is_file()}
    hashes = {path: hash_ for path, hash_ in known.files.items() if path not in gone}
    written = Record(new, hashes | {path: hash_of(text.encode()) for path, text in fresh.items()})
    # Without a base text, an edited file keeps none: the fresh text was not merged into it.
    texts = {path: text for path, text in fresh.items() if path in kept or steps.get(path) == text}
    own = {written.path: written.written(), written.base_path: base.written(texts)}
    return {**disk.needed(project, steps), **dict.fromkeys(sorted(untouched)), **own}, unplaced


def _same(known: Record, rendered: Mapping[str, str]) -> dict[str, str]:
    """Return the re-rendered files with the recorded hash: `add` wrote them so."""
    return {path: text for path, text in rendered.items() if hash_of(text.encode()) == known.files.get(path)}


def _merged(
    known: Record, base: dict[str, str], fresh: dict[str, str], project: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the new text of each file, and the lines that could not be merged into edited files."""
    steps, unplaced = {}, {}
    for path, text in fresh.items():
        place = project / path
        if path not in base or known.is_untouched(project, path):
            steps[path] = text
        elif not place.is_file():
            unplaced[path] = "The file was removed."
        elif base[path] != text:
            merged = merge(place.read_text(encoding="utf-8"), base[path], text)
            if merged is None:
                unplaced[path] = _added(base[path], text)
            else:
                steps[path] = render.formatted({path: merged}, project)[path]
    return steps, unplaced


def _added(base: str, text: str) -> str:
    """Return the lines that a file lacks, as a diff."""
    import difflib

    lines = difflib.unified_diff(base.splitlines(), text.splitlines(), lineterm="", n=2)
    return "\n".join(list(lines)[2:])
