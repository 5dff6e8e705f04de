"""New slices before they are formatted: checked, rendered, and with their migrations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mkbackend.slices import base, checks
from mkbackend.slices.disk import Changes
from mkbackend.slices.record import Record, hash_of
from mkbackend.slices.rendering import render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.sql import columns, migration
from mkbackend.slices.survey import Survey


@dataclass(frozen=True)
class Draft:
    """A resource and its unformatted files by path."""

    resource: Resource
    files: Mapping[str, str]

    def written(self, formatted: Mapping[str, str]) -> Changes:
        """Return the changes that write the slice and its record; `formatted` has at least its files."""
        files = {path: formatted[path] for path in self.files}
        known = Record(self.resource, {path: hash_of(text.encode()) for path, text in files.items()})
        return {**files, known.path: known.written(), known.base_path: base.written(files)}


def draft(resource: Resource, found: Survey) -> Draft:
    """Return a new slice; raise BadInputError if it does not fit in the project."""
    seen = _view(resource, found)
    return Draft(resource, {**render.render(seen, found.project), **_table(seen, found)})


def begin(resource: Resource, found: Survey) -> Draft:
    """Return only the migration of a new slice, which `complete` completes."""
    return Draft(resource, _table(_view(resource, found), found))


def _view(resource: Resource, found: Survey) -> dict[str, Any]:
    """Return the context of a new slice, for which there is room."""
    checks.require_room(resource, found)
    checks.require_roles(resource, found)
    checks.require_types(resource, found)
    seen = view(resource, checks.targets_of(resource, found))
    checks.require_short(seen)
    return seen


def _table(seen: Mapping[str, Any], found: Survey) -> dict[str, str]:
    """Return the migration that creates the table."""
    path, text = migration.create_table(seen, found.head())
    return {found.free(path): text}


def complete(begun: Draft, resource: Resource, found: Survey) -> Draft:
    """Return a whole slice with the fields that it lacked when its table was created."""
    checks.require_types(resource, found)
    before, after = (view(each, checks.targets_of(each, found)) for each in (begun.resource, resource))
    checks.require_short(after)
    planned = columns.add_columns(after, before, found.head())
    migrated = {found.free(path): text for path, text in planned.items()}
    return Draft(resource, {**render.render(after, found.project), **begun.files, **migrated})
