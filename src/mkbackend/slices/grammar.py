"""Parser of the arguments of `mkbackend add`; its errors name the invalid word. Pure."""

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
    if auth == "owner" and "owner_id" in [field.column for field in fields]:
        raise BadInputError("'owner_id' is defined twice: --auth owner adds it.", "Omit the field.")
    return Resource(name, plural, fields, auth, soft_delete)


def require_different(fields: tuple[Field, ...]) -> None:
    """Raise BadInputError if two fields have the same column name."""
    for before, field in pairwise(sorted(fields, key=lambda field: field.column)):
        if before.column == field.column:
            raise BadInputError(f"{field.column!r} is defined twice: {before.word} and {field.word}.", "Omit one.")


def require_free_ranges(fields: tuple[Field, ...]) -> None:
    """Raise BadInputError for a field with the name of another field's range filter."""
    filters = {field.column + ending: field.word for field in fields if field.ranged for ending in RANGES}
    for field in fields:
        if field.column in filters:
            raise BadInputError(
                f"{field.column!r} is defined twice: {field.word}, and a range filter of {filters[field.column]}.",
                "Choose another name.",
            )


def parse_field(word: str) -> Field:
    """Return the field that one word describes."""
    described, _, default = word.partition("=")
    name, *parts = described.split(":")
    require_plain(name, "a field")
    if not parts or not parts[0]:
        raise BadInputError(f"{word}: the field has no type.", f"Use {name}:str, or one of {', '.join(FORMS)}.")
    type_, *args = parts[0].split("/")
    if type_ not in FORMS:
        raise BadInputError(f"{word}: unknown type {type_!r}.", f"Use one of {', '.join(FORMS)}.")
    field = Field(word, name, type_, tuple(args), frozenset(parts[1:]), default if "=" in word else None)
    require_free_for_field(field.column)
    require_sql(field.column, "a field")
    for modifier in parts[1:]:
        _require_modifier(field, modifier)
        if parts.count(modifier) > 1:
            raise refuse(field, f":{modifier} is given twice.", "Omit one.")
    _ARGS.get(type_, _no_args)(field)
    _require_fitting(field)
    if field.default is not None:
        require_default(field)
    return field


def _require_modifier(field: Field, modifier: str) -> None:
    if modifier not in MODIFIERS:
        raise refuse(field, f"unknown modifier {modifier!r}.", f"Use one of {', '.join(MODIFIERS)}.")
    if modifier in ON_DELETE and field.type != "ref":
        raise refuse(field, f":{modifier} is for a ref only.", "Omit it.")
    if modifier == "number" and field.type != "bigint":
        raise refuse(field, ":number is for a bigint only.", "Omit it.")


def _no_args(field: Field) -> None:
    if field.args:
        raise refuse(field, f"{field.type} takes no argument.", FORMS[field.type])


def _str_args(field: Field) -> None:
    if len(field.args) > 1 or not all(is_number(arg, 1, LONGEST_STR) for arg in field.args):
        raise refuse(field, f"the length must be a number from 1 to {LONGEST_STR}.", FORMS["str"])


def _decimal_args(field: Field) -> None:
    if len(field.args) != 2 or not (is_number(field.args[0], 1, 28) and is_number(field.args[1], 0, 28)):
        raise refuse(field, "a decimal needs its number of digits, 28 at most, and of decimal places.", _DECIMAL)
    if int(field.args[1]) > int(field.args[0]):
        raise refuse(field, "there are more decimal places than digits.", _DECIMAL)


def _enum_args(field: Field) -> None:
    for value in field.args:
        if not _VALUE.fullmatch(value) or len(value) > 40:
            raise refuse(
                field, f"{value!r} is not a valid value: use letters, digits, - and _, 40 at most.", FORMS["enum"]
            )
    if len({value.upper().replace("-", "_") for value in field.args}) < len(field.args):
        raise refuse(field, "two values are equal, ignoring case, - and _.", FORMS["enum"])
    if not 2 <= len(field.args) <= 50:
        raise refuse(field, "an enum needs 2 to 50 values.", FORMS["enum"])


def _ref_args(field: Field) -> None:
    if len(field.args) != 1:
        raise refuse(field, "a ref needs exactly one resource.", FORMS["ref"])
    require_plain(field.args[0], "a resource")
    actions = [word for word in ON_DELETE if word in field.modifiers]
    if len(actions) > 1:
        raise refuse(field, f":{actions[0]} and :{actions[1]} exclude each other.", "Omit one.")
    if actions == ["setnull"] and not field.null:
        raise refuse(field, ":setnull needs a nullable field.", "Add :null.")


_DECIMAL = FORMS["decimal"]
_ARGS = {"str": _str_args, "decimal": _decimal_args, "enum": _enum_args, "ref": _ref_args}


def _require_fitting(field: Field) -> None:
    """Raise BadInputError for modifiers that the type does not support."""
    if field.is_list and field.type not in _LISTS:
        raise refuse(field, f"{field.type} does not support :list.", "A list has plain values.")
    if field.unique and not (field.is_key or field.type == "ref"):
        raise refuse(
            field, f":unique is for {_NAMED} and ref.", f"A str may have {LONGEST_KEY} characters at most for it."
        )
    if "index" in field.modifiers and not field.filterable:
        raise refuse(
            field, f":index is for {_NAMED}, bool and enum.", f"A str may have {LONGEST_KEY} characters at most for it."
        )
    if field.default is not None and field.unique:
        raise refuse(field, ":unique excludes a default: two rows would share it.", "Omit one.")
    if field.default is not None and field.type in ("str", "text") and SECRET.search(field.name):
        raise refuse(field, "a secret cannot have a default in the code.", "Omit it.")
    if field.default is not None and (field.is_list or field.type in ("json", "ref")):
        raise refuse(field, "a list, json or ref cannot have a default.", "Omit it, or add :null.")


_NAMED = "str, int, bigint, decimal, date, datetime, uuid"
