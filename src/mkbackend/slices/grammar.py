"""The words of `mkbackend add` become a resource and its fields; what cannot be is refused, with the word. Pure."""

import re
from itertools import pairwise

from mkbackend.errors import BadInputError
from mkbackend.slices.defaults import is_number, refuse, require_default
from mkbackend.slices.fields import (
    AUTHS,
    FORMS,
    LONGEST_KEY,
    LONGEST_STR,
    MODIFIERS,
    ON_DELETE,
    RANGES,
    Field,
    Resource,
)
from mkbackend.slices.names import (
    SECRET,
    plural_of,
    require_free_for_field,
    require_free_for_resource,
    require_plain,
    require_sql,
)

_LISTS = frozenset(("str", "text", "int", "bigint", "float", "decimal", "bool", "date", "datetime", "uuid"))
_VALUE = re.compile(r"[a-zA-Z][a-zA-Z0-9]*([_-][a-zA-Z0-9]+)*")


def parse(
    name: str, words: list[str], plural: str | None = None, auth: str = "user", soft_delete: bool = True
) -> Resource:
    """Return what the words describe; BadInputError for the first that cannot be."""
    require_plain(name, "a resource")
    plural = plural or plural_of(name)
    require_plain(plural, "a plural")
    require_sql(plural, "a table")
    require_free_for_resource(name, plural)
    if plural == name:
        raise BadInputError(f"{name!r} is its own plural.", "--plural NAME, which tells the table from a row.")
    if auth not in AUTHS:
        raise BadInputError(f"--auth {auth}: there is no such kind.", f"One of {', '.join(AUTHS)}.")
    fields = tuple(parse_field(word) for word in words)
    require_different(fields)
    if auth == "owner" and "owner_id" in [field.column for field in fields]:
        raise BadInputError("'owner_id' is there twice: --auth owner brings it.", "Leave the field out.")
    return Resource(name, plural, fields, auth, soft_delete)


def require_different(fields: tuple[Field, ...]) -> None:
    """Refuse two fields with one name, also where one of them is a ref's."""
    for before, field in pairwise(sorted(fields, key=lambda field: field.column)):
        if before.column == field.column:
            raise BadInputError(f"{field.column!r} is there twice: {before.word} and {field.word}.", "Leave one out.")


def require_free_ranges(fields: tuple[Field, ...]) -> None:
    """Refuse a field that is called as the filter for a range of another."""
    filters = {field.column + ending: field.word for field in fields if field.ranged for ending in RANGES}
    for field in fields:
        if field.column in filters:
            raise BadInputError(
                f"{field.column!r} is there twice: {field.word}, and a filter that {filters[field.column]} brings.",
                "Choose another name.",
            )


def parse_field(word: str) -> Field:
    """Return what one word describes."""
    described, _, default = word.partition("=")
    name, *parts = described.split(":")
    require_plain(name, "a field")
    if not parts or not parts[0]:
        raise BadInputError(f"{word}: the field has no type.", f"{name}:str, or one of {', '.join(FORMS)}.")
    type_, *args = parts[0].split("/")
    if type_ not in FORMS:
        raise BadInputError(f"{word}: there is no type {type_!r}.", f"One of {', '.join(FORMS)}.")
    field = Field(word, name, type_, tuple(args), frozenset(parts[1:]), default if "=" in word else None)
    require_free_for_field(field.column)
    require_sql(field.column, "a field")
    for modifier in parts[1:]:
        _require_modifier(field, modifier)
        if parts.count(modifier) > 1:
            raise refuse(field, f":{modifier} is there twice.", "Leave one out.")
    _ARGS.get(type_, _no_args)(field)
    _require_fitting(field)
    if field.default is not None:
        require_default(field)
    return field


def _require_modifier(field: Field, modifier: str) -> None:
    if modifier not in MODIFIERS:
        raise refuse(field, f"there is no modifier {modifier!r}.", f"One of {', '.join(MODIFIERS)}.")
    if modifier in ON_DELETE and field.type != "ref":
        raise refuse(field, f":{modifier} says what becomes of a ref, and {field.name} is none.", "Leave it out.")


def _no_args(field: Field) -> None:
    if field.args:
        raise refuse(field, f"nothing can stand behind {field.type}/.", FORMS[field.type])


def _str_args(field: Field) -> None:
    if len(field.args) > 1 or not all(is_number(arg, 1, LONGEST_STR) for arg in field.args):
        raise refuse(field, f"the length of a str is a number from 1 to {LONGEST_STR}.", FORMS["str"])


def _decimal_args(field: Field) -> None:
    if len(field.args) != 2 or not (is_number(field.args[0], 1, 28) and is_number(field.args[1], 0, 28)):
        raise refuse(
            field, "a decimal says how many digits it has, 28 at most, and how many after the point.", _DECIMAL
        )
    if int(field.args[1]) > int(field.args[0]):
        raise refuse(field, "there are more digits after the point than there are digits.", _DECIMAL)


def _enum_args(field: Field) -> None:
    for value in field.args:
        if not _VALUE.fullmatch(value) or len(value) > 40:
            raise refuse(field, f"{value!r} is no value: letters, digits, - and _; 40 at most.", FORMS["enum"])
    if len({value.upper().replace("-", "_") for value in field.args}) < len(field.args):
        raise refuse(field, "two values are the same, but for capitals, - and _.", FORMS["enum"])
    if not 2 <= len(field.args) <= 50:
        raise refuse(field, "an enum has two values or more, 50 at most.", FORMS["enum"])


def _ref_args(field: Field) -> None:
    if len(field.args) != 1:
        raise refuse(field, "a ref names the one resource that it refers to.", FORMS["ref"])
    require_plain(field.args[0], "a resource")
    actions = [word for word in ON_DELETE if word in field.modifiers]
    if len(actions) > 1:
        raise refuse(field, f":{actions[0]} and :{actions[1]} exclude each other.", "Leave one out.")
    if actions == ["setnull"] and not field.null:
        raise refuse(field, ":setnull empties the field, which may not be empty.", "Add :null.")


_DECIMAL = FORMS["decimal"]
_ARGS = {"str": _str_args, "decimal": _decimal_args, "enum": _enum_args, "ref": _ref_args}


def _require_fitting(field: Field) -> None:
    """Refuse modifiers that the type cannot have."""
    if field.is_list and field.type not in _LISTS:
        raise refuse(field, f"there are no lists of {field.type}.", "A list holds plain values.")
    if field.unique and not (field.is_key or field.type == "ref"):
        raise refuse(field, f":unique is for {_NAMED} and ref.", f"A str has {LONGEST_KEY} letters at most for it.")
    if "index" in field.modifiers and not field.filterable:
        raise refuse(
            field, f":index is for {_NAMED}, bool and enum.", f"A str has {LONGEST_KEY} letters at most for it."
        )
    if field.default is not None and field.unique:
        raise refuse(field, ":unique and a default: two rows would share it.", "Leave one out.")
    if field.default is not None and field.type in ("str", "text") and SECRET.search(field.name):
        raise refuse(field, "a default that everybody can read is no secret.", "Leave it out.")
    if field.default is not None and (field.is_list or field.type in ("json", "ref")):
        raise refuse(field, "a list, json or ref has no default.", "Leave it out, or add :null.")


_NAMED = "str, int, bigint, decimal, date, datetime, uuid"
