"""A table as it is in the database: its columns, constraints, indexes and triggers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mkbackend.slices.sql.indexes import Index, indexes_of
from mkbackend.slices.sql.migration import excluded, order_check
from mkbackend.slices.sql.triggers import Trigger
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.ref import Ref


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: its name.
        type: its type, in a migration.
        default: its server default, in a migration; empty if it has none.
        null: it may be null.
    """

    name: str
    type: str
    default: str
    null: bool

    def add(self, table: str, *, empty: bool) -> str:
        """Return the step that adds it, as one that may be null if rows have no value."""
        default = f", server_default={self.default}" if self.default else ""
        null = self.null or empty
        column = f'sa.Column("{self.name}", {self.type}{default}, nullable={null})'
        return f'op.add_column("{table}", {column}, if_not_exists=True)'


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: its name.
        columns: its columns by name, without the owner's, `id` and timestamps.
        constraints: the steps that create its checks and foreign keys without a scan, by name.
        exclusions: the steps that create its exclusion constraints, by name.
        indexes: its indexes by name.
        triggers: its triggers by name.
    """

    name: str
    columns: Mapping[str, Column]
    constraints: Mapping[str, str]
    exclusions: Mapping[str, str]
    indexes: Mapping[str, Index]
    triggers: Mapping[str, Trigger]


def table_of(view: Mapping[str, Any]) -> Table:
    """Return the table of a view."""
    table = view["plural"]
    kept = [each["field"] for each in view["kept"]]
    # A trigger fills them; a default would hide which release wrote a row.
    filled = {trigger.column for trigger in view["triggers"] if trigger.source}
    columns = [_column(column, "" if column.column in filled else _default(column)) for column in view["columns"]]
    columns += [_column(each["field"], each["default"]) for each in view["kept"]]
    constrained = [*view["columns"], *(column for column in kept if isinstance(column, Ref))]
    constraints = dict(found for column in constrained if (found := column.constraint(table)))
    return Table(
        table,
        {column.name: column for column in columns},
        constraints | dict(order_check(check, table) for check in view["order_checks"]),
        excluded(view),
        {index.name: index for index in indexes_of(view)},
        {trigger.name: trigger for trigger in view["triggers"]},
    )


def _default(column: FieldType) -> str:
    """Return the server default of a column in use; empty if it has none."""
    return column.quoted_default if column.default else ""


def _column(column: FieldType, default: str) -> Column:
    type_ = f"sa.String(length={column.length})" if isinstance(column, Enum) else column.operation
    return Column(column.column, type_, default, column.null)
