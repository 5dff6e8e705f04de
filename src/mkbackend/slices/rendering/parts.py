"""Context of single parts of a slice: constraints, links, nested lists and steps."""

from collections.abc import Iterable, Mapping
from typing import Any

from mkbackend.slices import names
from mkbackend.slices.rendering.guards import CALLER, guard_of, joined, members_of
from mkbackend.slices.resource.constraints import RANGES
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import Rights
from mkbackend.slices.resource.states import Transition
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.field import Target
from mkbackend.slices.types.many import Many
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


def link_of(link: Many, target: Target, resource: Resource) -> dict[str, Any]:
    """Return the names of a link, and the guards of its routes; callers may link to their own rows only."""
    rights, private = resource.rights, target.private
    reader = "" if rights.is_public else guard_of(rights.read, rights.readers)
    if private:
        reader = (reader or CALLER).replace("_:", "caller:")
    table = f"{resource.name}_{link.label}"
    return {
        "label": link.label,
        "words": names.words_of(link.label),
        "cls": names.class_of(resource.name) + names.class_of(link.label),
        "path": names.path_of(link.label),
        "table": table,
        "key": f"fk_{table}_{link.target_id}_{target.table}",
        "own_key": f"fk_{table}_{resource.name}_id_{resource.plural}",
        "own_id": f"{resource.name}_id",
        "target": target,
        "target_id": link.target_id,
        "target_ids": link.target_ids,
        "private": private,
        "any": ", None" if private else "",
        "public": "" if reader else ", openapi_extra=PUBLIC",
        "reader": reader,
        "writer": guard_of(rights.write, rights.writers).replace("_:", "caller:" if private else "_:"),
        "read_parameter": ", caller: Caller" if private or rights.private else "",
        "read_passed": ", caller" if private or rights.private else "",
        "read_ada": ", ADA" if private or rights.private else "",
        "write_parameter": ", caller: Caller" if private or resource.owner else "",
        "write_passed": ", caller" if private or resource.owner else "",
        "write_ada": ", ADA" if private or resource.owner else "",
    }


def nested_of(ref: Ref, resource: Resource, targets: Mapping[str, Target]) -> dict[str, Any]:
    """Return the names of a list below the row that a reference leads to, and its guards: those of both sides."""
    parent = ref.args[0]
    itself = parent == resource.name
    children = itself and ref.label == "parent"
    below = "/children" if children else names.path_of(resource.plural)
    target = targets[parent]
    rights = resource.rights
    above = Rights(rights.read if itself else target.read, rights.read if itself else target.read)
    reader = "" if rights.is_public else guard_of(rights.read, rights.readers)
    if not reader and not above.is_public:
        reader = "_: CurrentCaller, "
    if above.private:
        reader = reader.replace("_:", "caller:")
    roles = above.readers if not (above.private or itself) else ()
    needed = f", dependencies=[Depends(require_role({members_of(roles)}))]" if roles else ""
    return {
        "ref": ref,
        "itself": itself,
        "children": children,
        "parent": parent,
        "parent_cls": names.class_of(parent),
        "parent_service": f"{parent}_service",
        "parent_id": f"{parent}_id",
        "parent_passed": ", caller" if above.private else "",
        "path": f"{names.path_of(target.table)}/{{{parent}_id}}{below}",
        "handler": f"list_{resource.plural}_of_{ref.label}",
        "says": "children" if children else names.words_of(resource.plural),
        "a": names.with_article(parent),
        "guard": reader,
        "private": above.private,
        "parent_owner": resource.owner if itself else target.owner,
        "options": needed + ("" if reader or roles else ", openapi_extra=PUBLIC"),
    }


def steps_of(resource: Resource, columns: Iterable[FieldType]) -> dict[str, Any]:
    """Return the names of the steps, the members of their states, and the steps that lead to each from a new row."""
    enums = {column.name: column for column in columns if isinstance(column, Enum)}
    fields = dict.fromkeys(step.field for step in resource.transitions)
    return {
        "transitions": [_step_of(step, enums[step.field], resource.transitions) for step in resource.transitions],
        "state_fields": [enums[name] for name in fields],
    }


def _step_of(step: Transition, field: Enum, steps: Iterable[Transition]) -> dict[str, Any]:
    members = {value: f"{field.own_class}.{member}" for member, value in field.members.items()}
    return {
        "field": field,
        "verb": step.verb,
        "words": names.words_of(step.verb),
        "path": names.path_of(step.verb),
        "sources": [members[source] for source in step.sources],
        "others": [member for value, member in members.items() if value not in step.sources],
        "target": members[step.target],
        "way": way_to(step, str(field.given_default), steps),
    }


def way_to(step: Transition, initial: str, steps: Iterable[Transition]) -> list[str]:
    """Return the verbs that lead from a new row to the end of a step; empty if none do."""
    of_field = [each for each in steps if each.field == step.field]
    ways: dict[str, list[str]] = {initial: []}
    rest = [initial]
    while rest:
        state = rest.pop(0)
        for each in of_field:
            if state in each.sources and each.target not in ways:
                ways[each.target] = [*ways[state], each.verb]
                rest.append(each.target)
    found = [[*ways[source], step.verb] for source in step.sources if source in ways]
    return min(found, key=len, default=[])
