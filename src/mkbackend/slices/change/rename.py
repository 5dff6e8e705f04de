"""Another name of a field, whose column keeps its name. Pure."""

import re
from dataclasses import replace

from mkbackend.errors import BadInputError
from mkbackend.slices.names import require_free_for_class, require_usable_field
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref


def renamed(old: Resource, field: FieldType, label: str) -> Resource:
    """Return the resource with another name of a field; constraints and steps follow it."""
    if isinstance(field, Many) or (isinstance(field, Ref) and field.is_owner):
        raise field.refuse("it cannot be renamed: its name is that of a table, or of the owner.", "Rename it by hand.")
    if label == field.label:
        raise BadInputError(f"--rename {label}:{label}: the field has this name already.", "Choose another name.")
    bare = re.sub(r":column/\w+", "", field.word)
    new = parse_field(label + bare.removeprefix(field.label))
    if new.name != field.column:
        head, equals, default = new.word.partition("=")
        new = parse_field(f"{head}:column/{field.column}{equals}{default}")
    require_usable_field(new.name)
    require_free_for_class(old.name, new.label)
    names = {field.name: new.name}
    return replace(
        old,
        fields=tuple(new if each is field else _after(each, field, new) for each in old.fields),
        uniques=tuple(tuple(names.get(name, name) for name in group) for group in old.uniques),
        no_overlaps=tuple(
            replace(
                each,
                same=tuple(names.get(name, name) for name in each.same),
                start=names.get(each.start, each.start),
                end=names.get(each.end, each.end),
            )
            for each in old.no_overlaps
        ),
        transitions=tuple(replace(step, field=names.get(step.field, step.field)) for step in old.transitions),
    )


def _after(field: FieldType, before: FieldType, renamed: FieldType) -> FieldType:
    """Return a field that comes after a renamed one by its new name."""
    if not field.after or field.after not in (before.label, before.name):
        return field
    return parse_field(field.word.replace(f":after/{field.after}", f":after/{renamed.label}"))
