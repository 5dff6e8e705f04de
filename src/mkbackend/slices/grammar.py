"""The words of `mkbackend add` become a resource and its fields; what cannot be is refused, with the word. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from uuid import UUID

from mkbackend.errors import BadInputError
from mkbackend.slices.names import (
    SECRET,
    plural_of,
    require_free_for_field,
    require_free_for_resource,
    require_plain,
    require_sql,
)

AUTHS = ("user", "public", "owner", "admin")
# Each type, as its word may go on.
FORMS = {
    "str": "str/200: so many letters at most, 255 without",
    "text": "text",
    "int": "int",
    "bigint": "bigint",
    "float": "float",
    "decimal": "decimal/10/2: ten digits, two of them after the point",
    "bool": "bool",
    "date": "date",
    "datetime": "datetime: with its time zone",
    "uuid": "uuid",
    "json": "json: an object",
    "enum": "enum/draft/published",
    "ref": "ref/user: the id of another resource",
}
ON_DELETE = {"cascade": "CASCADE", "restrict": "RESTRICT", "setnull": "SET NULL"}
MODIFIERS = ("null", "unique", "index", "list", *ON_DELETE)
# An entry of an index holds 2700 bytes, and a letter may need four.
LONGEST_KEY = 500
LONGEST_STR = 10_000
# Fewer letters than a search has are never found by one.
SHORTEST_SEARCH = 3
_KEYS = frozenset(("str", "int", "bigint", "decimal", "date", "datetime", "uuid"))
_LISTS = frozenset(("str", "text", "int", "bigint", "float", "decimal", "bool", "date", "datetime", "uuid"))
_VALUE = re.compile(r"[a-zA-Z][a-zA-Z0-9]*([_-][a-zA-Z0-9]+)*")


@dataclass(frozen=True)
class Field:
    """A field, as it was described."""

    word: str
    name: str
    type: str
    args: tuple[str, ...] = ()
    modifiers: frozenset[str] = frozenset()
    default: str | None = None

    @property
    def column(self) -> str:
        """Return the name in the table and in requests."""
        return f"{self.name}_id" if self.type == "ref" else self.name

    @property
    def null(self) -> bool:
        """Whether it may be empty."""
        return "null" in self.modifiers

    @property
    def unique(self) -> bool:
        """Whether no two rows may share a value."""
        return "unique" in self.modifiers

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return "list" in self.modifiers

    @property
    def length(self) -> int:
        """Return how many letters a str may have."""
        return int(self.args[0]) if self.args else 255

    @property
    def is_key(self) -> bool:
        """Whether an index can hold any value of it."""
        return self.type in _KEYS and not self.is_list and not (self.type == "str" and self.length > LONGEST_KEY)

    @property
    def sortable(self) -> bool:
        """Whether a list can be sorted by it: then an index is behind it."""
        return not self.null and (self.is_key and self.type != "uuid")

    @property
    def filterable(self) -> bool:
        """Whether a list can be asked for the rows with one value of it."""
        return self.is_key or self.type in ("enum", "ref", "bool")

    @property
    def searchable(self) -> bool:
        """Whether a search looks into it."""
        long_enough = self.type == "text" or (self.type == "str" and self.length >= SHORTEST_SEARCH)
        return long_enough and not self.is_list

    @property
    def on_delete(self) -> str:
        """Return what becomes of the row when the one that it refers to is removed."""
        return next((ON_DELETE[word] for word in ON_DELETE if word in self.modifiers), "RESTRICT")


@dataclass(frozen=True)
class Resource:
    """A resource to be: its names, its fields, who may do what with it."""

    name: str
    plural: str
    fields: tuple[Field, ...]
    auth: str = "user"
    soft_delete: bool = True


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
        _require_default(field)
    return field


def refuse(field: Field, why: str, hint: str = "") -> BadInputError:
    """Return the error for a word."""
    return BadInputError(f"{field.word}: {why}", hint)


def _require_modifier(field: Field, modifier: str) -> None:
    if modifier not in MODIFIERS:
        raise refuse(field, f"there is no modifier {modifier!r}.", f"One of {', '.join(MODIFIERS)}.")
    if modifier in ON_DELETE and field.type != "ref":
        raise refuse(field, f":{modifier} says what becomes of a ref, and {field.name} is none.", "Leave it out.")


def _no_args(field: Field) -> None:
    if field.args:
        raise refuse(field, f"nothing can stand behind {field.type}/.", FORMS[field.type])


def _str_args(field: Field) -> None:
    if len(field.args) > 1 or not all(_is_number(arg, 1, LONGEST_STR) for arg in field.args):
        raise refuse(field, f"the length of a str is a number from 1 to {LONGEST_STR}.", FORMS["str"])


def _decimal_args(field: Field) -> None:
    if len(field.args) != 2 or not (_is_number(field.args[0], 1, 28) and _is_number(field.args[1], 0, 28)):
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


def _require_default(field: Field) -> None:
    default = str(field.default)
    try:
        fits = _FITS.get(field.type, _fits_text)(field, default)
    except (ValueError, InvalidOperation):
        fits = False
    if not fits:
        raise refuse(field, f"the default {default!r} is no {field.type} of this kind.", FORMS[field.type])


def _fits_text(field: Field, default: str) -> bool:
    longest = field.length if field.type == "str" else LONGEST_STR
    return 0 < len(default) <= longest and default == default.strip() and default.isprintable()


def _fits_decimal(field: Field, default: str) -> bool:
    digits, places = map(int, field.args)
    part = f"(\\.\\d{{1,{places}}})?" if places else ""
    written = re.fullmatch(rf"-?(0|[1-9]\d*){part}", default, re.ASCII)
    return written is not None and abs(Decimal(default)) < 10 ** (digits - places)


def _fits_float(field: Field, default: str) -> bool:
    return re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", default, re.ASCII) is not None


def _fits_datetime(field: Field, default: str) -> bool:
    return datetime.fromisoformat(default).tzinfo is not None


_FITS: dict[str, Callable[[Field, str], bool]] = {
    "int": lambda field, default: _is_number(default, -(2**31), 2**31 - 1),
    "bigint": lambda field, default: _is_number(default, -(2**63), 2**63 - 1),
    "float": _fits_float,
    "decimal": _fits_decimal,
    "bool": lambda field, default: default in ("true", "false"),
    "date": lambda field, default: len(default) == 10 and bool(date.fromisoformat(default)),
    "datetime": _fits_datetime,
    "uuid": lambda field, default: str(UUID(default)) == default.lower(),
    "enum": lambda field, default: default in field.args,
}


def _is_number(text: str, least: int, most: int) -> bool:
    return re.fullmatch(r"-?\d{1,19}", text, re.ASCII) is not None and least <= int(text) <= most
