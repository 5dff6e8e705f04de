"""Parser of the arguments of `mkbackend add`; its errors name the invalid word. Pure."""

from dataclasses import replace
from itertools import pairwise

from mkbackend.errors import BadInputError
from mkbackend.slices.names import (
    plural_of,
    require_free_for_class,
    require_free_for_relations,
    require_free_for_resource,
    require_plain,
    require_sql,
    require_usable_field,
    require_usable_resource,
)
from mkbackend.slices.resource.constraints import parse_no_overlaps, parse_uniques, require_no_circle
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.possible import require_possible
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import Rights, parse_rights
from mkbackend.slices.resource.states import joined, parse_transitions
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.ref import Ref

# The endings of the filters for a range.
RANGES = ("_gte", "_lt")


def resource_of(described: Description) -> Resource:
    """Return a new resource; raise BadInputError if the description is invalid."""
    if not described.name:
        raise BadInputError("The resource needs a name.", "mkbackend add article title:str")
    resource = parse(described)
    if resource.fields and all(column.readonly for column in resource.columns):
        raise BadInputError(f"{resource.name} has no field that a request sets.", "Add one without :readonly.")
    require_free_ranges(resource.columns)
    require_possible(resource)
    require_usable_resource(resource.name, resource.plural)
    for field in resource.fields:
        require_usable_field(field.name)
        require_free_for_class(resource.name, field.label)
    return resource


def parse(described: Description) -> Resource:
    """Return the resource that a description or record names; raise BadInputError for the first invalid word."""
    name = described.name
    require_plain(name, "a resource")
    plural = described.plural or plural_of(name)
    require_plain(plural, "a plural")
    require_sql(plural, "a table")
    require_free_for_resource(name, plural)
    if plural == name:
        raise BadInputError(f"{name!r} is its own plural.", "Choose another plural with --plural NAME.")
    fields = tuple(parse_field(word) for word in described.fields)
    rights = _rights(described, fields)
    resource = Resource(name, plural, fields, rights, described.soft_delete is not False)
    return completed(resource, described)


def completed(resource: Resource, described: Description) -> Resource:
    """Return a resource with the constraints and steps of a description, in addition to its own."""
    fields = resource.fields
    require_different(fields)
    if resource.owner and resource.owner in [name for each in resource.columns for name in (each.name, each.column)]:
        raise BadInputError(
            f"{resource.owner!r} is defined twice: its owner has that column.",
            "Omit the field, or make it the owner: owner:ref/user:owner.",
        )
    _require_one_link_each(resource)
    columns = resource.columns
    resource = replace(
        resource,
        uniques=resource.uniques + parse_uniques(described.unique, columns, resource.owner, resource.uniques),
        no_overlaps=resource.no_overlaps + parse_no_overlaps(described.no_overlap, columns),
        transitions=joined(resource.transitions, parse_transitions(described.transitions, columns)),
    )
    require_no_circle(resource.orders)
    if any((resource.links, resource.uniques, resource.no_overlaps, resource.transitions, resource.orders)):
        require_free_for_relations(resource.name)
    return resource


def _rights(described: Description, fields: tuple[FieldType, ...]) -> Rights:
    """Return the rights; a field that names the owner asks for them."""
    owners = [field for field in fields if isinstance(field, Ref) and field.is_owner]
    asked = described.auth, described.read, described.write
    rights = parse_rights(*(("owner", None, None) if owners and asked == (None, None, None) else asked))
    if len(owners) > 1:
        raise owners[1].refuse(f"{owners[0].label} is the owner already.", "Omit one.")
    if owners and not rights.owned:
        raise owners[0].refuse("the rights know no owner.", "Add --write owner, or --auth owner.")
    return rights


def _require_one_link_each(resource: Resource) -> None:
    """Raise BadInputError if the filter by a link has the name of another filter, or a resource links to itself."""
    names = {field.name: field for field in resource.columns}
    for link in resource.links:
        if link.args[0] == resource.name:
            raise link.refuse("a resource cannot link to itself.", f"Use parent:ref/{resource.name}:null for a tree.")
        if (other := names.setdefault(link.target_id, link)) is not link:
            raise link.refuse(f"{other.word} has the filter {link.target_id} already.", "Omit one.")


def require_different(fields: tuple[FieldType, ...]) -> None:
    """Raise BadInputError if two fields have the same column name."""
    for before, field in pairwise(sorted(fields, key=lambda field: field.name)):
        if before.name == field.name:
            raise BadInputError(f"{field.name!r} is defined twice: {before.word} and {field.word}.", "Omit one.")
    for before, field in pairwise(sorted(fields, key=lambda field: field.column)):
        if before.column == field.column:
            raise BadInputError(f"{before.word} and {field.word} have one column.", "Choose another name.")


def require_free_ranges(fields: tuple[FieldType, ...]) -> None:
    """Raise BadInputError for a field with the name of another field's range filter."""
    filters = {field.name + ending: field.word for field in fields if field.ranged for ending in RANGES}
    for field in fields:
        if field.name in filters:
            raise BadInputError(
                f"{field.name!r} is defined twice: {field.word}, and a range filter of {filters[field.name]}.",
                "Choose another name.",
            )
