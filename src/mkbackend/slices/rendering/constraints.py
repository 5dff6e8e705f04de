"""Context of constraints over several columns, and of the conflicts that a caller can cause."""

from collections.abc import Iterable, Mapping
from typing import Any

from mkbackend.slices import names
from mkbackend.slices.rendering.guards import joined
from mkbackend.slices.resource.constraints import RANGES
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.ref import Ref

# The maximum length of a constraint's name and message on one line.
_LINE = 72


def constraints_of(columns: list[FieldType], resource: Resource) -> dict[str, Any]:
    """Return the constraints over several columns."""
    by_name = {column.name: column for column in columns}
    table = resource.plural
    groups = [[by_name[name] for name in group] for group in resource.uniques]
    together = _together(resource.orders)
    return {
        "together": {name: sorted(together[name]) for name in sorted(together)},
        "groups": [
            {
                "name": f"uq_{table}_{'_'.join(column.column for column in group)}",
                "columns": group,
                "whole": _quoted(name for column in group for name in sorted(together.get(column.name, [column.name]))),
                "message": f"This {joined([column.words for column in group])} are taken",
            }
            for group in groups
        ],
        "overlaps": [
            {
                "name": f"ex_{table}_{'_'.join(by_name[name].column for name in each.columns)}",
                "same": (same := [by_name[name] for name in each.same]),
                "start": by_name[each.start],
                "end": by_name[each.end],
                "range": RANGES[by_name[each.start].type],
                "message": f"This {joined([column.words for column in same])} is taken in this range"
                if same
                else "This range is taken",
            }
            for each in resource.no_overlaps
        ],
        "order_checks": [_order_of(by_name[before], by_name[after], table) for before, after in resource.orders],
        # Those that a request can break.
        "given_orders": [
            _order_of(by_name[before], by_name[after], table)
            for before, after in resource.orders
            if not (by_name[before].readonly or by_name[after].readonly)
        ],
    }


def _order_of(before: FieldType, after: FieldType, table: str) -> dict[str, Any]:
    """Return the names of the check that one column is after another."""
    return {
        "name": f"ck_{table}_{after.column}_after_{before.column}",
        "before": before,
        "after": after,
        "wrong": f"must be after {before.words}",
        "conflict": f"{after.words.capitalize()} must be after {before.words}",
    }


def _together(orders: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the columns that are in one order with each ordered column."""
    found: dict[str, set[str]] = {}
    for pair in orders:
        joined = set(pair).union(*(found.get(name, set()) for name in pair))
        found |= dict.fromkeys(joined, joined)
    return found


def _quoted(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in dict.fromkeys(columns))


def conflicts_of(
    columns: list[FieldType], links: Iterable[Mapping[str, Any]], resource: Resource
) -> list[tuple[str, str, str]]:
    """Return the constraints that a caller can violate, with their messages and Bandit comments."""
    table = resource.plural
    unique = [column for column in columns if column.unique or column.soon_unique]
    found = [(f"uq_{table}_{column.column}", column.taken, "It is taken") for column in unique]
    found += [(column.foreign_key(table), column.gone, "Not found") for column in columns if isinstance(column, Ref)]
    more = constraints_of(columns, resource)
    found += [(each["name"], each["message"], "It is taken") for each in more["groups"] + more["overlaps"]]
    found += [(each["name"], each["conflict"], "Wrong order") for each in more["order_checks"]]
    found += [(each["key"], f"One of the {each['words']} no longer exists", "Not found") for each in links]
    conflicts = []
    for name, message, short in found:
        comment = "  # nosec B105" if names.SECRET.search(name) else ""
        fits = len(name) + len(message) + len(comment) < _LINE
        conflicts.append((name, message if fits else short, comment))
    return conflicts
