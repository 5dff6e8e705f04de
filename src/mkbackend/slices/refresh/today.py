"""The slices of a project as today's templates write them."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.project.migrations import VERSIONS
from mkbackend.slices import checks
from mkbackend.slices.record import Record, hash_of, read_valid
from mkbackend.slices.rendering import render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.survey import Survey, survey_of
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref


@dataclass(frozen=True)
class Slice:
    """A recorded slice, and its files as the templates of its edition write them today."""

    known: Record
    texts: dict[str, str]

    @property
    def name(self) -> str:
        """Return the name of the resource."""
        return self.known.resource.name

    @property
    def written(self) -> Record:
        """Return the record of today's files; migrations stay as they are."""
        kept = {path: hash_ for path, hash_ in self.known.files.items() if path.startswith(VERSIONS)}
        hashes = {path: hash_of(text.encode()) for path, text in self.texts.items()}
        return Record(self.known.resource, kept | hashes)

    @property
    def is_behind(self) -> bool:
        """Return whether the templates have changed since its files were written."""
        return self.written.files != self.known.files


@dataclass(frozen=True)
class Today:
    """The slices of a project, and why others cannot be rendered, by name."""

    slices: list[Slice]
    skipped: dict[str, str]


def render_all(project: Path, program: Path | None = None) -> Today:
    """Render all slices of a project; raise BadInputError if its code cannot be read."""
    records, skipped = read_valid(project)
    if not records:
        return Today([], skipped)
    found = survey_of(project, records)
    checks.require_current(found)
    raw: dict[str, dict[str, str]] = {}
    for known in records:
        try:
            raw[known.resource.name] = _rendered(known, found, skipped.keys())
        except BadInputError as error:
            skipped[known.resource.name] = error.line
    unformatted = {path: text for files in raw.values() for path, text in files.items()}
    texts = render.formatted(unformatted, project, program) if raw else {}
    there = [known for known in records if known.resource.name in raw]
    return Today([Slice(known, {path: texts[path] for path in raw[known.resource.name]}) for known in there], skipped)


def _rendered(known: Record, found: Survey, damaged: Collection[str]) -> dict[str, str]:
    """Return the unformatted files; raise BadInputError if the project lacks what they need."""
    resource = known.resource
    checks.require_types(resource, found)
    for field in resource.fields:
        if isinstance(field, Ref | Many) and field.args[0] in damaged:
            raise BadInputError(f"{field.word}: the record of {field.args[0]} is damaged.", "Restore it.")
    return render.render(view(resource, checks.targets_of(resource, found)), found.project)


def find_behind(project: Path) -> list[str]:
    """Return the names of the slices that differ from today's templates; empty if they cannot be rendered."""
    try:
        return [each.name for each in render_all(project).slices if each.is_behind]
    except MkbackendError:
        return []
