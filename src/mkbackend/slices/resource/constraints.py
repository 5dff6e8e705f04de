"""Constraints over several fields: unique together, no overlap, order of two. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from mkbackend.errors import BadInputError
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.ref import Ref

_UNIQUE = "--unique room+starts_at"
_OVERLAP = "--no-overlap room+starts_at..ends_at"
# PostgreSQL's ranges, by type of their ends.
RANGES = {
    "date": "daterange",
    "datetime": "tstzrange",
    "int": "int4range",
    "bigint": "int8range",
    "decimal": "numrange",
}


@dataclass(frozen=True)
class NoOverlap:
    """Rows with the same values have ranges that do not overlap. A range includes its start and excludes its end.

    Attributes:
        same: the columns with the same values; none if no two rows may overlap.
        start: the column with the start.
        end: the column with the end.
    """

    same: tuple[str, ...]
    start: str
    end: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Return all columns."""
        return (*self.same, self.start, self.end)

    @property
    def word(self) -> str:
        """Return the constraint as the option has it."""
        return "+".join((*self.same, f"{self.start}..{self.end}"))


def parse_uniques(
    words: Sequence[str], fields: Sequence[FieldType], owner: str, known: Sequence[tuple[str, ...]] = ()
) -> tuple[tuple[str, ...], ...]:
    """Return the columns that are unique together, beyond the known ones; raise BadInputError for an invalid word."""
    found: list[tuple[str, ...]] = []
    for word in words:
        columns = tuple(_column(f"--unique {word}", label, fields) for label in word.split("+"))
        if len(columns) < 2:
            raise BadInputError(f"--unique {word} has one field.", f"Add :unique to the field, or a second: {_UNIQUE}.")
        _require_different(f"--unique {word}", columns)
        if owner in columns:
            raise BadInputError(f"--unique {word}: values are unique per owner anyway.", "Omit the owner.")
        if any(set(columns) == set(group) for group in known):
            raise BadInputError(f"--unique {word}: the resource has this constraint already.", "Omit it.")
        if any(set(columns) == set(group) for group in found):
            raise BadInputError(f"--unique {word} is given twice.", "Omit one.")
        found.append(columns)
    return tuple(found)


def parse_no_overlaps(words: Sequence[str], fields: Sequence[FieldType]) -> tuple[NoOverlap, ...]:
    """Return the ranges that may not overlap; raise BadInputError for an invalid word."""
    return tuple(_no_overlap(f"--no-overlap {word}", word, fields) for word in words)


def _no_overlap(option: str, word: str, fields: Sequence[FieldType]) -> NoOverlap:
    *labels, ends = word.split("+")
    start, dots, end = ends.partition("..")
    if not (start and dots and end):
        raise BadInputError(f"{option} is not valid: its last part is START..END.", f"Use {_OVERLAP}.")
    same = tuple(_column(option, label, fields) for label in labels)
    first, last = (_field(option, label, fields) for label in (start, end))
    if first.type not in RANGES or first.type != last.type or first.is_list or last.is_list:
        raise BadInputError(
            f"{option}: {first.word} and {last.word} are no range.", f"Both are one of {', '.join(RANGES)}."
        )
    found = NoOverlap(same, first.name, last.name)
    _require_different(option, found.columns)
    return found


def orders_of(fields: Sequence[FieldType], no_overlaps: Sequence[NoOverlap]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of columns of which the second comes after the first."""
    pairs = [(_before(field, fields), field.name) for field in fields if field.after]
    pairs += [(each.start, each.end) for each in no_overlaps]
    return tuple(dict.fromkeys(pairs))


def require_no_circle(orders: Sequence[tuple[str, str]]) -> None:
    """Raise BadInputError if fields would come after themselves."""
    try:
        ranks(orders)
    except CycleError as error:
        names = " and ".join(sorted(set(error.args[1])))
        raise BadInputError(f"{names} come after each other.", "Omit one :after.") from None


def ranks(orders: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the place of each ordered column, from 1."""
    earlier: dict[str, set[str]] = {}
    for before, after in orders:
        earlier.setdefault(before, set())
        earlier.setdefault(after, set()).add(before)
    return {column: place for place, column in enumerate(TopologicalSorter(earlier).static_order(), 1)}


def _before(field: FieldType, fields: Sequence[FieldType]) -> str:
    """Return the column that a field comes after; raise BadInputError unless the two can be compared."""
    option = f"{field.word}: after/{field.after}"
    before = _field(option, field.after, fields)
    if before is field:
        raise field.refuse("a field cannot come after itself.", "Name the other field.")
    if before.type != field.type or before.is_list or not before.has_range:
        raise field.refuse(f"{before.word} has another type.", "Both are numbers, dates or datetimes of one type.")
    return before.name


def _column(option: str, label: str, fields: Sequence[FieldType]) -> str:
    """Return the column of a field that an index can hold."""
    field = _field(option, label, fields)
    if not (field.is_key or isinstance(field, Enum | Ref) or field.type == "bool"):
        raise BadInputError(f"{option}: {field.word} cannot be part of it.", "An index cannot hold all its values.")
    return field.name


def _field(option: str, label: str, fields: Sequence[FieldType]) -> FieldType:
    for field in fields:
        if label in (field.label, field.name):
            return field
    known = ", ".join(field.label for field in fields)
    raise BadInputError(f"{option}: there is no field {label!r}.", f"Fields: {known}." if known else "Add it.")


def _require_different(option: str, columns: Sequence[str]) -> None:
    for column in columns:
        if columns.count(column) > 1:
            raise BadInputError(f"{option}: {column} is given twice.", "Omit one.")
