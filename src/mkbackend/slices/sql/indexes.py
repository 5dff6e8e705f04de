"""The indexes of a slice's table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mkbackend.slices.types.base import quoted


@dataclass(frozen=True)
class Index:
    """An index, with the operations of a migration on it; `options` are arguments of the one that creates it."""

    table: str
    name: str
    columns: tuple[str, ...]
    options: tuple[str, ...] = ()

    def create(self, *more: str) -> str:
        """Return the operation that creates it."""
        columns = f"[{', '.join(map(quoted, self.columns))}]"
        arguments = [quoted(self.name), quoted(self.table), columns, *self.options, *more]
        return f"op.create_index({', '.join(arguments)})"

    def drop(self, *more: str) -> str:
        """Return the operation that drops it."""
        return f"op.drop_index({', '.join([quoted(self.name), quoted(self.table), *more])})"


def indexes_of(view: Mapping[str, Any]) -> list[Index]:
    """Return the indexes, in the order of their creation."""
    table = view["plural"]
    alive = ('postgresql_where=sa.text("deleted_at IS NULL")',) if view["soft"] else ()
    owner = (view["owner"],) if view["per_owner"] else ()
    uniques = [
        Index(table, f"uq_{table}_{column.column}", (column.column, *owner), ("unique=True", *alive))
        for column in view["uniques"]
    ]
    uniques += [
        Index(table, group["name"], (*[column.column for column in group["columns"]], *owner), ("unique=True", *alive))
        for group in view["groups"]
    ]
    plain = [Index(table, f"ix_{table}_{column.column}", (column.column,), alive) for column in view["indexed"]]
    renamed = {column.name: column.column for column in view["columns"]}
    orders = [renamed.get(order, order) for order in view["orders"]]
    sorting = [Index(table, f"ix_{table}_{order}_id", (order, "id"), alive) for order in orders]
    # Also of deleted rows: the database looks them up when the row that they refer to is deleted.
    referring = [Index(table, f"ix_{table}_{name}", (name,)) for name in _referring(view)]
    return [*uniques, *plain, *sorting, *referring, *_searching(view, alive), *view["kept_indexes"]]


def _referring(view: Mapping[str, Any]) -> list[str]:
    return [column.column for column in view["refs"]] + ([view["owner"]] if view["owner"] else [])


def _searching(view: Mapping[str, Any], alive: tuple[str, ...]) -> list[Index]:
    """Return the trigram index, if there is text to search."""
    columns = tuple(view["kept_search"] or (column.column for column in view["searched"]))
    if not columns:
        return []
    ops = ", ".join(f'{quoted(name)}: "gin_trgm_ops"' for name in columns)
    options = ('postgresql_using="gin"', f"postgresql_ops={{{ops}}}", *alive)
    return [Index(view["plural"], f"ix_{view['plural']}_search", columns, options)]
