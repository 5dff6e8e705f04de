"""New fields for an existing resource: untouched files are rewritten, edited ones merged."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.slices import base, changes, checks, migration, render
from mkbackend.slices.description import Description
from mkbackend.slices.grammar import completed, parse_field, require_free_ranges
from mkbackend.slices.merge import merge
from mkbackend.slices.names import require_free_for_class, require_usable_field
from mkbackend.slices.record import Record, hash_of
from mkbackend.slices.resource import Resource
from mkbackend.slices.rights import parse_rights
from mkbackend.slices.survey import Survey
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref
from mkbackend.slices.view import view


def extend(known: Record, described: Description, found: Survey) -> tuple[Resource, changes.Changes, dict[str, str]]:
    """Return the resource with its new fields, the file changes, and the lines that could not be merged by file."""
    old = known.resource
    _require_same(old, described)
    added = tuple(_new_field(old.name, word) for word in described.fields)
    new = completed(replace(old, fields=old.fields + added), described)
    checks.require_types(new, found)
    if new.edition >= 2:
        require_free_ranges(new.columns)
    before, after = (view(each, checks.targets_of(each, found)) for each in (old, new))
    checks.require_short(after)
    changes.require_own(found.project, known.all_paths)
    checks.require_free_links(new, found, old)
    planned = [migration.add_columns(after, before, found.head())] if _changes_table(old, new) else []
    migrated = {found.free(path): text for path, text in planned}
    rendered = render.formatted(render.render(before, found.project), found.project)
    kept = _kept(known, rendered, found.project)
    fresh = render.formatted(render.render(after, found.project) | migrated, found.project)
    checks.require_unwritten(found, fresh.keys() - rendered.keys() - known.files.keys())
    steps, unplaced = _merged(known, rendered | kept, fresh, found.project)
    hashes = {**known.files, **{path: hash_of(text.encode()) for path, text in fresh.items()}}
    written = Record(new, hashes)
    # Without a base text, an edited file keeps none: the fresh text was not merged into it.
    texts = {path: text for path, text in fresh.items() if path in kept or steps.get(path) == text}
    own = {written.path: written.written(), written.base_path: base.written(texts)}
    return new, {**changes.needed(found.project, steps), **own}, unplaced


def _changes_table(old: Resource, new: Resource) -> bool:
    """Return whether the database changes, not the code alone."""
    return (old.fields, old.uniques, old.orders) != (new.fields, new.uniques, new.orders)


def _kept(known: Record, rendered: Mapping[str, str], project: Path) -> dict[str, str]:
    """Return the files as `add` wrote them: base texts, or re-rendered files with the recorded hash."""
    same = {path: text for path, text in rendered.items() if hash_of(text.encode()) == known.files.get(path)}
    return same | base.read(project, known)


def _require_same(old: Resource, described: Description) -> None:
    """Raise BadInputError if anything but the fields would change."""
    read, write = "+".join(old.rights.read), "+".join(old.rights.write)
    kept = {"plural": old.plural, "auth": old.rights.auth, "read": read, "write": write, "soft_delete": old.soft_delete}
    asked = (described.auth, described.read, described.write)
    same_rights = asked == (None, None, None) or parse_rights(*asked) == old.rights
    for name, value in kept.items():
        if name in ("auth", "read", "write") and same_rights:
            continue
        if getattr(described, name) not in (None, value):
            raise BadInputError(
                f"{old.name} exists, and its {name} is {value}: add can only add fields to it.",
                f"mkbackend remove {old.name}, then add it again.",
            )
    if described.no_overlap:
        raise BadInputError(
            f"--no-overlap: {old.plural} exists, and such a constraint locks a table while it checks its rows.",
            "Write the migration by hand, with the service stopped.",
        )
    if not (described.fields or described.unique or described.transitions):
        raise BadInputError(f"{old.name} exists, and no new field is given.", "NAME:TYPE")


def _new_field(name: str, word: str) -> FieldType:
    """Return a new field that existing rows can get."""
    field = parse_field(word)
    require_usable_field(field.name)
    require_free_for_class(name, field.label)
    if isinstance(field, Ref) and field.is_owner:
        raise field.refuse(f"{name} exists, and its rows have no owner.", "Choose the owner when you add a resource.")
    if field.given_default is None and not field.null and not isinstance(field, Many):
        raise field.refuse("existing rows would have no value.", "Add :null or =DEFAULT.")
    return field


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
