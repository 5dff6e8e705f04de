"""Parser of the arguments of `mkbackend add`; its errors name the invalid word. Pure."""

from dataclasses import replace
from decimal import InvalidOperation
from itertools import pairwise

from mkbackend.errors import BadInputError
from mkbackend.slices.names import (
    MODEL,
    SECRET,
    plural_of,
    require_free_for_class,
    require_free_for_field,
    require_free_for_relations,
    require_free_for_resource,
    require_plain,
    require_sql,
    require_usable_field,
    require_usable_resource,
)
from mkbackend.slices.resource.constraints import parse_no_overlaps, parse_uniques, require_no_circle
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import Rights, parse_rights
from mkbackend.slices.resource.states import joined, parse_transitions
from mkbackend.slices.types import TYPES
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.field import LONGEST_KEY
from mkbackend.slices.types.ref import Ref
from mkbackend.slices.types.text import Text

# The one type that a modifier is for; empty if it is for several.
_OF_ONE = {modifier: each.type for each in TYPES.values() for modifier in each.own_modifiers}
MODIFIERS = dict.fromkeys(("null", "unique", "index", "list", "readonly", "after", "column"), "") | _OF_ONE
# The endings of the filters for a range.
RANGES = ("_gte", "_lt")
_SHORT_KEY = f"A str may have {LONGEST_KEY} characters at most for it."


def resource_of(described: Description) -> Resource:
    """Return a new resource; raise BadInputError if the description is invalid."""
    if not described.name:
        raise BadInputError("The resource needs a name.", "mkbackend add article title:str")
    resource = parse(described)
    if resource.fields and all(column.readonly for column in resource.columns):
        raise BadInputError(f"{resource.name} has no field that a request sets.", "Add one without :readonly.")
    require_free_ranges(resource.columns)
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
        uniques=resource.uniques + parse_uniques(described.unique, columns, resource.owner),
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


def parse_field(word: str) -> FieldType:
    """Return the field that one word describes."""
    described, _, default = word.partition("=")
    label, *parts = described.split(":")
    require_plain(label, "a field")
    if not parts or not parts[0]:
        raise BadInputError(f"{word}: the field has no type.", f"Use {label}:str, or one of {', '.join(TYPES)}.")
    type_, *args = parts[0].split("/")
    if type_ not in TYPES:
        raise BadInputError(f"{word}: unknown type {type_!r}.", f"Use one of {', '.join(TYPES)}.")
    field = TYPES[type_](word, label, tuple(args), frozenset(parts[1:]), default if "=" in word else None)
    require_free_for_field(field.name)
    require_sql(field.name, "a field")
    for modifier in parts[1:]:
        _require_modifier(field, modifier)
        if parts.count(modifier) > 1:
            raise field.refuse(f":{modifier} is given twice.", "Omit one.")
    field.check_args()
    _require_fitting(field)
    if field.readonly and not field.null and field.given_default is None:
        field = _begun(field)
    if field.given_default is not None:
        _require_default(field, field.given_default)
    return field


def _require_modifier(field: FieldType, modifier: str) -> None:
    name, slash, argument = modifier.partition("/")
    if name not in MODIFIERS:
        raise field.refuse(f"unknown modifier {modifier!r}.", f"Use one of {', '.join(MODIFIERS)}.")
    if name == "after":
        if not argument:
            raise field.refuse(":after needs the earlier field.", f"{field.label}:{field.type}:after/starts_at")
        require_plain(argument, "a field")
    elif name == "column":
        require_column(field)
    elif slash:
        raise field.refuse(f":{name} takes no argument.", f"Use :{name}.")
    if (only := _OF_ONE.get(name, field.type)) != field.type:
        raise field.refuse(f":{name} is for a {only} only.", "Omit it.")


def require_column(field: FieldType) -> None:
    """Raise BadInputError for a name of a column that a table cannot have."""
    name = field.argument_of("column")
    if not name:
        raise field.refuse(":column needs the name in the table.", f"{field.label}:{field.type}:column/guests")
    require_plain(name, "a column")
    require_sql(name, "a column")
    if name in MODEL:
        raise field.refuse(f"every table has a column {name}.", "Choose another name.")


def _require_fitting(field: FieldType) -> None:
    """Raise BadInputError for modifiers that the type does not support."""
    if field.is_list and isinstance(field, Ref):
        raise field.refuse("a ref has one row.", f"Use {field.label}:many/{field.args[0]}.")
    if field.is_list and not field.can_be_list:
        raise field.refuse(f"{field.type} does not support :list.", "A list has plain values.")
    if field.unique and not field.can_be_unique:
        raise field.refuse(f":unique is for {_NAMED} and ref.", _SHORT_KEY)
    if "index" in field.modifiers and not field.filterable:
        raise field.refuse(f":index is for {_NAMED}, bool and enum.", _SHORT_KEY)
    if field.after and (field.is_list or not field.has_range):
        raise field.refuse(":after is for numbers, dates and datetimes.", "Omit it.")
    for name in ("after", "column"):
        if sum(modifier.startswith(f"{name}/") for modifier in field.modifiers) > 1:
            raise field.refuse(f":{name} is given twice.", "Omit one.")
    if field.given_default is not None:
        _require_room_for_default(field)


def _begun(field: FieldType) -> FieldType:
    """Return a readonly field with the value that it has until the service sets another."""
    if field.is_list or not field.initial:
        raise field.refuse("a new row would have no value, because no request sets it.", "Add :null or =DEFAULT.")
    if field.unique:
        raise field.refuse("two new rows would have the same value, because no request sets it.", "Add :null.")
    return replace(field, given_default=field.initial)


def _require_room_for_default(field: FieldType) -> None:
    """Raise BadInputError for a field that cannot have a default."""
    if field.unique:
        raise field.refuse(":unique excludes a default: two rows would share it.", "Omit one.")
    if isinstance(field, Text) and SECRET.search(field.label):
        raise field.refuse("a secret cannot have a default in the code.", "Omit it.")
    if field.is_list or not field.can_have_default:
        raise field.refuse("a list, json or ref cannot have a default.", "Omit it, or add :null.")


def _require_default(field: FieldType, default: str) -> None:
    """Raise BadInputError for a default that is not a valid value."""
    try:
        fits = field.accepts(default)
    except (ValueError, InvalidOperation):
        fits = False
    if not fits:
        raise field.refuse(f"the default {default!r} is not a valid {field.type}.", field.syntax)


_NAMED = ", ".join(name for name, each in TYPES.items() if each.indexable)
