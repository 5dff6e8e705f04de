"""Columns, indexes and triggers that a table keeps for the previous release, until the contract."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mkbackend.slices.names import class_of
from mkbackend.slices.resource.pending import DROP, FILL, NULL, WIDEN, Pending
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.sql.indexes import Index
from mkbackend.slices.sql.triggers import Trigger, filling, literal, widening
from mkbackend.slices.types.base import FieldType, quoted
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.field import Target
from mkbackend.slices.types.ref import Ref

# Changes after which the previous release needs the previous indexes.
_KEEP = (DROP, WIDEN, NULL)
# Values of a required column that only the previous release writes, as SQL.
_EMPTY = {
    "str": "''",
    "text": "''",
    "email": "''",
    "url": "''",
    "int": "0",
    "bigint": "0",
    "float": "0",
    "decimal": "0",
    "bool": "false",
    "date": "CURRENT_DATE",
    "datetime": "now()",
    "uuid": "gen_random_uuid()",
    "json": "'{}'",
}


def kept_of(resource: Resource, columns: list[FieldType], targets: Mapping[str, Target]) -> dict[str, Any]:
    """Return the columns, indexes and triggers that stay; most tables have none."""
    before = [(each, _whole(each.was, resource, targets)) for each in resource.pending]
    own = {index for column in columns for index in _indexes(column, resource)}
    stay = [index for each, was in before if each.kind in _KEEP for index in _indexes(was, resource)]
    kept = [_column(was, each.kind == WIDEN, columns) for each, was in before if each.keeps_column]
    keys = {column.column: column.name for column in columns} | {each["name"]: each["key"] for each in kept}
    return {
        "kept": kept,
        "kept_keys": keys,
        "kept_indexes": [index for index in stay if index not in own],
        "kept_search": _searched(resource),
        "triggers": [found for each, was in before if (found := _trigger(each, was, columns, resource.plural))],
    }


def _column(was: FieldType, replaced: bool, columns: list[FieldType]) -> dict[str, Any]:
    """Return a column that stays; a trigger fills one that another replaces."""
    name = was.column
    return {
        "name": name,
        "key": f"{name}_kept" if name in [column.name for column in columns] else name,
        "type": type_of(was),
        "refers": was.model_options[0] if isinstance(was, Ref) else "",
        "default": "" if replaced else default_of(was),
        "null": was.null,
        "field": was,
    }


def type_of(column: FieldType) -> str:
    """Return the type of a column in the model, without the check of an enum."""
    one = f"String({column.length})" if isinstance(column, Enum) else column.sql_type
    return f"ARRAY({one})" if column.is_list else one


def _searched(resource: Resource) -> list[str]:
    """Return the columns that the previous release searches, in their order; empty if it searches no other."""
    fields = list(resource.columns)
    dropped = [each for each in resource.pending if each.kind == DROP]
    for each in reversed(dropped):
        fields.insert(each.place, each.was)
    if not any(each.was.searchable for each in dropped):
        return []
    return [field.column for field in fields if field.searchable]


def _whole(was: FieldType, resource: Resource, targets: Mapping[str, Target]) -> FieldType:
    """Return a previous field with its owner and target."""
    target = targets[was.args[0]] if isinstance(was, Ref) else Target()
    return replace(was, owner=class_of(resource.name), target=target)


def _trigger(each: Pending, was: FieldType, columns: list[FieldType], table: str) -> Trigger | None:
    """Return the trigger of a change; None if it needs none."""
    now = next((column for column in columns if column.label == each.label), None)
    if now and each.kind == FILL:
        return filling(table, now.column, literal(now.default_in_sql(str(each.fill))))
    return widening(table, was, now) if now and each.kind == WIDEN else None


def _indexes(column: FieldType, resource: Resource) -> list[Index]:
    """Return the indexes of a column alone, without a unique one."""
    table, name = resource.plural, column.column
    alive = ('postgresql_where=sa.text("deleted_at IS NULL")',) if resource.soft_delete else ()
    if isinstance(column, Ref):
        return [Index(table, f"ix_{table}_{name}", (name,))]
    if column.sortable:
        return [Index(table, f"ix_{table}_{name}_id", (name, "id"), alive)]
    asked = "index" in column.modifiers or (column.ranged and resource.edition >= 2)
    return [Index(table, f"ix_{table}_{name}", (name,), alive)] if asked and not column.unique else []


def default_of(column: FieldType) -> str:
    """Return the server default, in Python, with which rows can be inserted without a kept column; else nothing."""
    if column.default:
        return column.quoted_default
    if column.null:
        return ""
    if column.is_list:
        return "sa.text(\"'{}'\")"
    if isinstance(column, Enum):
        return quoted(column.initial)
    return f"sa.text({quoted(_EMPTY[column.type])})" if column.type in _EMPTY else ""
