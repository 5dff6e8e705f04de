"""Constraints that new rows, as requests create them, cannot satisfy. Pure."""

from collections.abc import Iterator

from mkbackend.errors import BadInputError
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.ref import Ref


def require_possible(new: Resource, old: Resource | None = None) -> None:
    """Raise BadInputError for such a constraint, unless the resource, of an earlier release, had one before."""
    if old is None or next(_impossible(old), None) is None:
        for problem in _impossible(new):
            raise problem


def _impossible(resource: Resource) -> Iterator[BadInputError]:
    by_name = {column.name: column for column in resource.columns}
    for group in resource.uniques:
        if not any(_is_varied(by_name[name]) for name in group):
            yield BadInputError(
                f"--unique {'+'.join(group)}: few rows could differ: an enum or a bool has few values, and a readonly "
                "field the same one in each new row.",
                "Add a field with more values, or write the constraint and its tests by hand.",
            )
    for each in resource.no_overlaps:
        for column in (by_name[each.start], by_name[each.end]):
            if column.readonly:
                yield BadInputError(
                    f"--no-overlap {each.start}..{each.end}: no request sets {column.label}, so the ranges of new rows "
                    "would overlap.",
                    f"Omit :readonly of {column.label}, or write the constraint by hand.",
                )
    for before, after in ((by_name[name] for name in pair) for pair in resource.orders):
        if before.readonly and not after.readonly:
            yield BadInputError(
                f"{after.word}: no request sets {before.label}, so a new row could be in the wrong order.",
                f"Omit :readonly of {before.label}, or add it to {after.label}.",
            )
        if after.readonly and not after.null:
            yield BadInputError(
                f"{after.word}: no request sets {after.label}, so a new row could be in the wrong order.",
                f"Add :null to {after.label}, or omit :readonly.",
            )


def _is_varied(column: FieldType) -> bool:
    """Return whether new rows can have any number of values, or null, which is equal to none."""
    return (column.is_key or isinstance(column, Ref)) and (column.null or not column.readonly)
