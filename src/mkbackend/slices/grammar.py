"""Parser of the arguments of `mkbackend add`; its errors name the invalid word. Pure."""

from decimal import InvalidOperation
from itertools import pairwise

from mkbackend.errors import BadInputError
from mkbackend.slices.names import (
    SECRET,
    plural_of,
    require_free_for_field,
    require_free_for_resource,
    require_plain,
    require_sql,
)
from mkbackend.slices.resource import AUTHS, RANGES, Resource
from mkbackend.slices.types import TYPES
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.field import LONGEST_KEY
from mkbackend.slices.types.text import Text

# The one type that a modifier is for; empty if it is for several.
_OF_ONE = {modifier: each.type for each in TYPES.values() for modifier in each.own_modifiers}
MODIFIERS = dict.fromkeys(("null", "unique", "index", "list"), "") | _OF_ONE
_SHORT_KEY = f"A str may have {LONGEST_KEY} characters at most for it."


def parse(
    name: str, words: list[str], plural: str | None = None, auth: str = "user", soft_delete: bool = True
) -> Resource:
    """Return the resource that the words describe; raise BadInputError for the first invalid word."""
    require_plain(name, "a resource")
    plural = plural or plural_of(name)
    require_plain(plural, "a plural")
    require_sql(plural, "a table")
    require_free_for_resource(name, plural)
    if plural == name:
        raise BadInputError(f"{name!r} is its own plural.", "Choose another plural with --plural NAME.")
    if auth not in AUTHS:
        raise BadInputError(f"--auth {auth} is not valid.", f"Use one of {', '.join(AUTHS)}.")
    fields = tuple(parse_field(word) for word in words)
    require_different(fields)
    if auth == "owner" and "owner_id" in [field.name for field in fields]:
        raise BadInputError("'owner_id' is defined twice: --auth owner adds it.", "Omit the field.")
    return Resource(name, plural, fields, auth, soft_delete)


def require_different(fields: tuple[FieldType, ...]) -> None:
    """Raise BadInputError if two fields have the same column name."""
    for before, field in pairwise(sorted(fields, key=lambda field: field.name)):
        if before.name == field.name:
            raise BadInputError(f"{field.name!r} is defined twice: {before.word} and {field.word}.", "Omit one.")


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
    if field.given_default is not None:
        _require_default(field, field.given_default)
    return field


def _require_modifier(field: FieldType, modifier: str) -> None:
    if modifier not in MODIFIERS:
        raise field.refuse(f"unknown modifier {modifier!r}.", f"Use one of {', '.join(MODIFIERS)}.")
    if (only := _OF_ONE.get(modifier, field.type)) != field.type:
        raise field.refuse(f":{modifier} is for a {only} only.", "Omit it.")


def _require_fitting(field: FieldType) -> None:
    """Raise BadInputError for modifiers that the type does not support."""
    if field.is_list and not field.can_be_list:
        raise field.refuse(f"{field.type} does not support :list.", "A list has plain values.")
    if field.unique and not field.can_be_unique:
        raise field.refuse(f":unique is for {_NAMED} and ref.", _SHORT_KEY)
    if "index" in field.modifiers and not field.filterable:
        raise field.refuse(f":index is for {_NAMED}, bool and enum.", _SHORT_KEY)
    if field.given_default is not None:
        _require_room_for_default(field)


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
