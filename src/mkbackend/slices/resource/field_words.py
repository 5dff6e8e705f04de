"""Parser of the word for one field, `NAME:TYPE[/ARGUMENT][:MODIFIER][=DEFAULT]`; its errors name the word. Pure."""

from dataclasses import replace
from decimal import InvalidOperation

from mkbackend.errors import BadInputError
from mkbackend.slices.names import MODEL, SECRET, require_free_for_field, require_plain, require_sql
from mkbackend.slices.types import TYPES
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.field import LONGEST_KEY
from mkbackend.slices.types.ref import Ref
from mkbackend.slices.types.text import Text

# The one type that a modifier is for; empty if it is for several.
_OF_ONE = {modifier: each.type for each in TYPES.values() for modifier in each.own_modifiers}
MODIFIERS = dict.fromkeys(("null", "unique", "index", "list", "readonly", "after", "column"), "") | _OF_ONE
_SHORT_KEY = f"A str may have {LONGEST_KEY} characters at most for it."


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
