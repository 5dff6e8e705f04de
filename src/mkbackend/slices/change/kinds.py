"""The kinds of changes of a field, and those that are refused. Pure."""

from mkbackend.errors import BadInputError
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.pending import DIGITS, FILL, NULL, UNIQUE, VALUES, WIDEN, Pending
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.bigint import BigInt
from mkbackend.slices.types.decimal import Decimal
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.number import Integer
from mkbackend.slices.types.ref import Ref
from mkbackend.slices.types.string import String
from mkbackend.slices.types.text import Text

_BY_HAND = "Fill it by hand: docs/required-field.md."
_APART = "Add a new field, fill it, then --drop this one."


def pending_of(old: FieldType, new: FieldType, fill: str | None) -> tuple[FieldType, tuple[Pending, ...]]:
    """Return the field after the change, and what waits for its contract; raise BadInputError if it cannot change."""
    _require_possible(old, new)
    kinds = [kind for kind in (_of_type(old, new), _of_null(old, new), _of_unique(old, new)) if kind]
    if len(kinds) > 1:
        raise new.refuse("these are two changes in stages.", "Make one, release it and its contract, then the other.")
    if FILL in kinds:
        return new, (Pending(FILL, old, new.label, _filler(new, fill)),)
    if WIDEN in kinds:
        new = _in_new_column(old, new)
    if VALUES in kinds and new.given_default not in (None, *old.args):
        raise new.refuse("the previous release cannot read this default.", "Change the default after the contract.")
    return new, tuple(Pending(kind, old, new.label) for kind in kinds)


def _require_possible(old: FieldType, new: FieldType) -> None:
    """Raise BadInputError for a change that no stages make safe."""
    if isinstance(old, Many) or isinstance(new, Many):
        raise new.refuse("a link cannot change.", _APART)
    if "owner" in (old.modifiers | new.modifiers):
        raise new.refuse("the owner of rows cannot change.", "Choose it when you add a resource.")
    if old.argument_of("column") != new.argument_of("column"):
        raise new.refuse(f"its column is {old.column}, and stays.", "Omit :column.")
    if old.is_list != new.is_list:
        raise new.refuse("one value cannot become a list, or a list one value.", _APART)
    if new.after and new.after != old.after:
        raise new.refuse(
            "the previous release would fail on rows that the check refuses.",
            "Add the check by hand, after a release whose service checks it: docs/migrations.md.",
        )
    if isinstance(old, Ref) and (isinstance(new, Ref) and old.args != new.args):
        raise new.refuse("a reference cannot lead elsewhere.", _APART)


def _of_type(old: FieldType, new: FieldType) -> str:
    """Return the kind of a change of the type; empty if it is made at once, or if there is none."""
    if isinstance(old, Enum) and isinstance(new, Enum):
        return _of_values(old, new)
    if isinstance(old, Decimal) and isinstance(new, Decimal):
        return _of_digits(old, new)
    if isinstance(old, Integer) and isinstance(new, BigInt):
        return WIDEN
    if old.type == new.type != "str":
        return ""
    if not (isinstance(old, String) and isinstance(new, Text) and new.type in ("str", "text")):
        raise new.refuse(f"{old.type} cannot become {new.type}.", _APART)
    if new.length < old.length:
        raise new.refuse(
            f"rows may be longer: it has {old.length} characters.",
            "Refuse longer values in the service by hand, or add a new field, fill it, then --drop this one.",
        )
    return ""


def _of_values(old: Enum, new: Enum) -> str:
    if gone := [value for value in old.args if value not in new.args]:
        raise new.refuse(
            f"rows may have the value {gone[0]}.", "Keep it; to retire one, refuse it in the service by hand."
        )
    return VALUES if new.args != old.args and len(new.args) > len(old.args) else ""


def _of_digits(old: Decimal, new: Decimal) -> str:
    if new.places < old.places or new.digits - new.places < old.digits - old.places:
        raise new.refuse(f"rows may have more digits: it is decimal/{old.digits}/{old.places}.", _APART)
    if new.places > old.places:
        return WIDEN
    return DIGITS if new.digits > old.digits else ""


def _of_null(old: FieldType, new: FieldType) -> str:
    if old.null == new.null:
        return ""
    return NULL if new.null else FILL


def _of_unique(old: FieldType, new: FieldType) -> str:
    return UNIQUE if new.unique and not old.unique else ""


def _filler(new: FieldType, fill: str | None) -> str:
    """Return the value in place of null; raise BadInputError unless it is valid."""
    value = new.given_default if fill is None else fill
    if value is None:
        raise new.refuse("existing rows may have null.", "Add --fill VALUE, or =DEFAULT.")
    if new.is_list or not new.can_have_default:
        raise new.refuse("a list, json or ref cannot be filled with one value.", _BY_HAND)
    if new.unique:
        raise new.refuse(":unique excludes one value for all rows.", _BY_HAND)
    if "$" in value:
        raise new.refuse(f"--fill {value}: a $ would end the trigger's text.", "Choose a value without it.")
    try:
        parse_field(f"{new.label}:{'/'.join((new.type, *new.args))}={value}")
    except BadInputError:
        raise new.refuse(f"--fill {value} is not a valid {new.type}.", new.syntax) from None
    return value


def _in_new_column(old: FieldType, new: FieldType) -> FieldType:
    """Return the field with a column of its own, because PostgreSQL would rewrite the table under a lock."""
    if old.is_list:
        raise new.refuse("a wider list would rewrite the table under a lock.", _APART)
    column = f"{old.name}_{'_'.join((new.type, *new.args))}"
    head, equals, default = new.word.replace(f":column/{old.column}", "").partition("=")
    return parse_field(f"{head}:column/{column}{equals}{default}")
