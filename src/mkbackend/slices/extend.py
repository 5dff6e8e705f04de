"""New fields for an existing resource."""

from dataclasses import replace

from mkbackend.errors import BadInputError
from mkbackend.slices import checks, disk
from mkbackend.slices.names import require_free_for_class, require_usable_field
from mkbackend.slices.record import Record
from mkbackend.slices.rendering import render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.grammar import completed, require_free_ranges
from mkbackend.slices.resource.pending import VALUES
from mkbackend.slices.resource.possible import require_possible
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import parse_rights
from mkbackend.slices.rewrite import rewritten
from mkbackend.slices.sql import columns
from mkbackend.slices.survey import Survey
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref
from mkbackend.system.programs import typed


def extend(known: Record, described: Description, found: Survey) -> tuple[Resource, disk.Changes, dict[str, str]]:
    """Return the resource with its new fields, the file changes, and the lines that could not be merged by file."""
    old = known.resource
    _require_same(old, described)
    added = tuple(_new_field(old, word) for word in described.fields)
    new = completed(replace(old, fields=old.fields + added), described)
    _require_readable_states(new)
    require_possible(new, old)
    checks.require_types(new, found)
    if new.edition >= 2:
        require_free_ranges(new.columns)
    before, after = (view(each, checks.targets_of(each, found)) for each in (old, new))
    checks.require_short(after)
    disk.require_own(found.project, known.all_paths)
    checks.require_free_links(new, found, old)
    planned = columns.add_columns(after, before, found.head()) if _changes_table(old, new) else {}
    migrated = {found.free(path): text for path, text in planned.items()}
    texts = [render.render(each, found.project) for each in (before, after)]
    checks.require_unwritten(found, texts[1].keys() - texts[0].keys() - known.files.keys())
    steps, unplaced = rewritten(known, new, texts[0], texts[1] | migrated, found.project)
    return new, steps, unplaced


def _changes_table(old: Resource, new: Resource) -> bool:
    """Return whether the database changes, not the code alone."""
    return (old.fields, old.uniques, old.orders) != (new.fields, new.uniques, new.orders)


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


def _require_readable_states(new: Resource) -> None:
    """Raise BadInputError for a step to a state that waits for its contract."""
    known = {each.was.name: each.was.args for each in new.pending if each.kind == VALUES}
    for step in new.transitions:
        if step.target not in known.get(step.field, (step.target,)):
            raise BadInputError(
                f"--transition {step.word}: the previous release cannot read {step.target}.",
                f"First {typed('mkbackend', 'change', new.name, '--contract')}, once that release is gone.",
            )


def _new_field(old: Resource, word: str) -> FieldType:
    """Return a new field that existing rows can get."""
    field = parse_field(word)
    name = old.name
    if same := next((each for each in old.fields if each.label == field.label), None):
        why = f"{field.name!r} is defined twice: {same.word} and {word}."
        raise BadInputError(why, f"To change it: {typed('mkbackend', 'change', name, word)}")
    if field.column in [each.was.column for each in old.pending if each.keeps_column]:
        raise field.refuse(
            "the table keeps a column of that name for the previous release.",
            f"First {typed('mkbackend', 'change', name, '--contract')}, or choose another name.",
        )
    require_usable_field(field.name)
    require_free_for_class(name, field.label)
    if isinstance(field, Ref) and field.is_owner:
        raise field.refuse(f"{name} exists, and its rows have no owner.", "Choose the owner when you add a resource.")
    if field.given_default is None and not field.null and not isinstance(field, Many):
        raise field.refuse("existing rows would have no value.", "Add :null or =DEFAULT.")
    return field
