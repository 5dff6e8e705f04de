"""The migration from one state of a table to another, in steps that both releases survive."""

import re
from collections.abc import Iterable, Mapping

from mkbackend.slices.sql.table import Column, Table
from mkbackend.slices.sql.triggers import Trigger, executed

_LONGEST_NAME = 63
_REFERRED = re.compile(r'create_foreign_key\("\w+", "\w+", "(\w+)"')
_NOT_NULL = "# squawk-ignore adding-not-nullable-field: a valid check spares the scan"
_DROP = "# squawk-ignore ban-drop-column: no release that reads it runs"
_CONSTRAINT = "# squawk-ignore ban-drop-constraint: another takes its place, or no release needs it"
_TYPE = "# squawk-ignore changing-column-type: a longer one rewrites no row"
_NULL = "# squawk-ignore ban-drop-not-null: no request has null before the contract"
_DEFAULT = "# squawk-ignore ban-drop-default: every release sets the value itself"
_FUNCTION = "# squawk-ignore ban-drop-function: only its trigger used it"
_BLOCK = (
    "# Does not block reads or writes. If it is interrupted, run the migration again:",
    "# every step can be repeated.",
    "with op.get_context().autocommit_block():",
)


def upgrade(before: Table, after: Table) -> list[str]:
    """Return the steps; none if the tables are equal."""
    begun = _begun(before, after)
    apart = _apart(before, after)
    block = [*_BLOCK, *(f"    {step}" for step in apart)] if apart else []
    return [*begun, *block, *_ended(before, after)]


def downgrade(before: Table, after: Table) -> list[str]:
    """Return the steps back from `after` to `before`, which may fail on rows that `before` cannot have."""
    table = before.name
    gone = [column for name, column in after.columns.items() if name not in before.columns]
    back = [column for name, column in before.columns.items() if name not in after.columns]
    triggers = _missing(before.triggers, after.triggers)
    changed = _changed(after, before)
    empty = {trigger.source for trigger in triggers}
    return [
        *(step for trigger in _missing(after.triggers, before.triggers) for step in trigger.drop()),
        *(f'op.drop_constraint("{name}", "{table}")' for name in _replaced(after, before)),
        *(
            index.drop()
            for name, index in after.indexes.items()
            if before.indexes.get(name) != index and not {*index.columns} & {column.name for column in gone}
        ),
        *(f'op.drop_column("{table}", "{column.name}")' for column in gone),
        *(column.add(table, empty=column.name in empty) for column in back),
        *(step for trigger in triggers for step in trigger.restore()),
        *(step for was, now in changed for step in _altered(table, was, now)),
        *(_alter(table, now.name, "nullable=False") for was, now in changed if was.null and not now.null),
        *(_alter(table, column.name, "nullable=False") for column in back if column.name in empty and not column.null),
        *(step for trigger in triggers for step in trigger.create()),
        *(step.replace(", postgresql_not_valid=True", "") for step in _fresh(after, before).values()),
        *(step for name, step in before.exclusions.items() if name not in after.exclusions),
        *(index.create() for name, index in before.indexes.items() if after.indexes.get(name) != index),
    ]


def _begun(before: Table, after: Table) -> list[str]:
    """Return the steps that hold a lock for a moment."""
    table = after.name
    replaced, fresh = _replaced(before, after), _fresh(before, after)
    dropped = [f'op.drop_constraint("{name}", "{table}", if_exists=True)' for name in replaced if name not in fresh]
    added = [column for name, column in after.columns.items() if name not in before.columns]
    filled = {trigger.column for trigger in after.triggers.values()}
    changed = _changed(before, after)
    return [
        *_locked(before, replaced),
        *([_CONSTRAINT] if dropped or fresh or _tightened(before, after) else []),
        *dropped,
        *(column.add(table, empty=column.name in filled) for column in added),
        *([_TYPE] if any(was.type != now.type for was, now in changed) else []),
        *([_DEFAULT] if any(was.default and not now.default for was, now in changed) else []),
        *([_NULL] if any(now.null and not was.null for was, now in changed) else []),
        *(step for was, now in changed for step in _altered(table, was, now)),
        *(
            step
            for name, create in fresh.items()
            for step in (f'op.drop_constraint("{name}", "{table}", if_exists=True)', create)
        ),
        *(step for name in _tightened(before, after) for step in _check(table, name)),
        # After the steps with stronger locks: a stronger one later could be a deadlock.
        *(step for trigger in _missing(after.triggers, before.triggers) for step in trigger.create()),
    ]


def _locked(before: Table, replaced: list[str]) -> list[str]:
    """Return the step that locks the tables to which dropped keys refer.

    Requests read them, users first, before they write the table: in another order there would be deadlocks.
    """
    steps = [before.constraints.get(name, "") for name in replaced]
    tables = {found[1] for step in steps if (found := _REFERRED.search(step))} - {before.name}
    if not tables:
        return []
    names = ", ".join(sorted(tables, key=lambda name: (name != "users", name)))
    return [
        "# As requests do, before the table itself.",
        executed([f"LOCK TABLE {names} ", "IN ACCESS EXCLUSIVE MODE"]),
    ]


def _apart(before: Table, after: Table) -> list[str]:
    """Return the steps that take long, each outside of a transaction."""
    concurrently = ("if_exists=True", "postgresql_concurrently=True")
    validated = [*_fresh(before, after), *(_not_null(after.name, name) for name in _tightened(before, after))]
    new = [index for name, index in after.indexes.items() if before.indexes.get(name) != index]
    old = [index for name, index in before.indexes.items() if name not in after.indexes]
    gone = {*before.columns} - {*after.columns}
    return [
        *(trigger.backfill() for trigger in _missing(after.triggers, before.triggers)),
        *(executed([f"ALTER TABLE {after.name} ", "VALIDATE CONSTRAINT ", name]) for name in validated),
        *(step for index in new for step in (index.drop(*concurrently), index.create(concurrently[1]))),
        *(index.drop(*concurrently) for index in old if not {*index.columns} & gone),
    ]


def _ended(before: Table, after: Table) -> list[str]:
    """Return the steps after all rows are filled."""
    table = after.name
    tightened = _tightened(before, after)
    gone = [name for name in before.columns if name not in after.columns]
    return [
        *([_NOT_NULL] if tightened else []),
        *(_alter(table, name, "nullable=False") for name in tightened),
        *(f'op.drop_constraint("{_not_null(table, name)}", "{table}")' for name in tightened),
        *([_FUNCTION] if (unused := _missing(before.triggers, after.triggers)) else []),
        *(step for trigger in unused for step in trigger.drop()),
        *([_DROP] if gone else []),
        *(f'op.drop_column("{table}", "{name}")' for name in gone),
    ]


def _changed(before: Table, after: Table) -> list[tuple[Column, Column]]:
    """Return the columns that stay and change."""
    pairs = [(before.columns[name], now) for name, now in after.columns.items() if name in before.columns]
    return [(was, now) for was, now in pairs if was != now]


def _altered(table: str, was: Column, now: Column) -> Iterable[str]:
    """Return the changes of a column that need no scan."""
    if was.type != now.type:
        yield _alter(table, now.name, f"type_={now.type}")
    if was.default != now.default:
        yield _alter(table, now.name, f"server_default={now.default or None}")
    if now.null and not was.null:
        yield _alter(table, now.name, "nullable=True")


def _alter(table: str, name: str, change: str) -> str:
    return f'op.alter_column("{table}", "{name}", {change})'


def _tightened(before: Table, after: Table) -> list[str]:
    """Return the columns that become required once a trigger fills them."""
    filled = {trigger.column for trigger in _missing(after.triggers, before.triggers)}
    return [column.name for column in after.columns.values() if column.name in filled and not column.null]


def _not_null(table: str, name: str) -> str:
    return f"ck_{table}_{name}_filled"[:_LONGEST_NAME]


def _check(table: str, column: str) -> list[str]:
    """Return the steps that refuse null in new rows."""
    name = _not_null(table, column)
    check = f'op.create_check_constraint(op.f("{name}"), "{table}", "{column} IS NOT NULL", postgresql_not_valid=True)'
    return [f'op.drop_constraint("{name}", "{table}", if_exists=True)', check]


def _replaced(before: Table, after: Table) -> list[str]:
    """Return the constraints that go, or that others of the same name replace."""
    checks = [name for name, step in before.constraints.items() if after.constraints.get(name) not in (None, step)]
    gone = [name for name in before.constraints if name not in after.constraints]
    return [*checks, *gone, *(name for name in before.exclusions if name not in after.exclusions)]


def _fresh(before: Table, after: Table) -> dict[str, str]:
    """Return the steps that create constraints, by name."""
    return {name: step for name, step in after.constraints.items() if before.constraints.get(name) != step}


def _missing(some: Mapping[str, Trigger], others: Mapping[str, Trigger]) -> list[Trigger]:
    """Return the triggers that the others lack."""
    return [trigger for name, trigger in some.items() if name not in others]
