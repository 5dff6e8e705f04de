"""The migration that adds columns to a slice's table while the service runs."""

from collections.abc import Mapping
from typing import Any

from mkbackend.slices.sql.indexes import Index, indexes_of
from mkbackend.slices.sql.migration import column_of, link_table, order_check, write
from mkbackend.slices.types.base import FieldType


def add_columns(view: Mapping[str, Any], before: Mapping[str, Any], head: str) -> dict[str, str]:
    """Return the migration, by its path, that adds the columns of a view that the previous view lacks, if any.

    It does not block the service: no lock is held while rows are scanned.
    """
    known = {column.column for column in before["columns"]}
    new = [column for column in view["columns"] if column.column not in known]
    table = view["plural"]
    had = {index.name: index for index in indexes_of(before)}
    created = [index for index in indexes_of(view) if index != had.get(index.name)]
    replaced = [had[index.name] for index in created if index.name in had]
    checks = [check for check in view["order_checks"] if check not in before["order_checks"]]
    constraints = [*_constraints(new, table), *(order_check(check, table) for check in checks)]
    links = [link for link in view["links"] if link["label"] not in [known["label"] for known in before["links"]]]
    up = [
        *_added(new, constraints, table),
        *(step for link in links for step in link_table(link, table)),
        *_outside_of_a_transaction([*_validated(constraints, table), *_created(created)]),
    ]
    kept = [
        check["name"] for check in checks if not {check["before"].name, check["after"].name} & {c.name for c in new}
    ]
    down = [
        *(f'op.drop_table("{link["table"]}")' for link in links),
        *(f'op.drop_constraint("{name}", "{table}")' for name in kept),
        *(index.drop() for index in created if index.name in had or not _is_dropped_with(index, new)),
        *(f'op.drop_column("{table}", "{column.column}")' for column in new),
        *(index.create() for index in replaced),
    ]
    words = [*(column.words for column in new), *(link["words"] for link in links)]
    fields = " and ".join(words or ["constraints"])
    return dict([write(f"add {fields} to {view['plural_words']}"[:70], head, up, down)]) if up else {}


def _is_dropped_with(index: Index, columns: list[FieldType]) -> bool:
    """Return whether an index is dropped with one of its columns."""
    return bool({*index.columns} & {column.column for column in columns})


def _added(new: list[FieldType], named: list[tuple[str, str]], table: str) -> list[str]:
    """Return the steps that add columns, and their constraints for new values."""
    columns = [
        f'op.add_column("{table}", {column_of(column, column.unchecked_operation)}, if_not_exists=True)'
        for column in new
    ]
    constraints = [
        step
        for name, constraint in named
        for step in (f'op.drop_constraint("{name}", "{table}", if_exists=True)', constraint)
    ]
    excuse = ["# squawk-ignore ban-drop-constraint: each is recreated at once"] if constraints else []
    return [*excuse, *columns, *constraints]


def _validated(named: list[tuple[str, str]], table: str) -> list[str]:
    """Return the steps that check existing rows, in parts, which the formatter joins if they fit on a line."""
    return [f'op.execute("ALTER TABLE {table} " "VALIDATE CONSTRAINT " "{name}")' for name, _ in named]


def _constraints(new: list[FieldType], table: str) -> list[tuple[str, str]]:
    """Return the names of the constraints, and the steps that create them."""
    return [found for column in new if (found := column.constraint(table))]


def _created(indexes: list[Index]) -> list[str]:
    """Return the steps that create indexes, in place of what an interrupted run or the previous view left."""
    concurrently = "postgresql_concurrently=True"
    return [
        step for index in indexes for step in (index.drop("if_exists=True", concurrently), index.create(concurrently))
    ]


def _outside_of_a_transaction(steps: list[str]) -> list[str]:
    """Return the steps in an autocommit block, where they do not block reads and writes."""
    if not steps:
        return []
    return [
        "# Does not block reads or writes. If it is interrupted, run the migration again:",
        "# every step can be repeated.",
        "with op.get_context().autocommit_block():",
        *(f"    {step}" for step in steps),
    ]
