"""The migrations of a slice, written from its fields without a database."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from mkbackend.project.migrations import VERSIONS
from mkbackend.slices.sql.indexes import Index, indexes_of
from mkbackend.slices.types.base import FieldType, quoted

_TEXT = '''\
"""{message}

Revision ID: {revision}
Revises: {head}
Create Date: {now:%Y-%m-%d %H:%M:%S}+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "{revision}"
down_revision: str | Sequence[str] | None = "{head}"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''
_TIME = 'sa.Column("{name}", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)'


def create_table(view: Mapping[str, Any], head: str) -> tuple[str, str]:
    """Return the path and text of the migration that creates a slice's table."""
    return write(f"add {view['plural_words']}", head, _create(view), _drop(view))


def drop_table(view: Mapping[str, Any], head: str) -> tuple[str, str]:
    """Return the migration that drops the table; its downgrade creates an empty one."""
    steps = [
        "# Deploy the release without its code first, then run this.",
        "# squawk-ignore ban-drop-table: the code that read it is removed",
        *_drop(view),
    ]
    return write(f"remove {view['plural_words']}", head, steps, _create(view))


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
        *(step for link in links for step in _link(link, table)),
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
        f'op.add_column("{table}", {_column(column, column.unchecked_operation)}, if_not_exists=True)' for column in new
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


def order_check(check: Mapping[str, Any], table: str) -> tuple[str, str]:
    """Return the name of a check that one column is after another, and the step that creates it without a scan."""
    name, condition = check["name"], f"{check['after'].column} > {check['before'].column}"
    return name, f'op.create_check_constraint(op.f("{name}"), "{table}", "{condition}", postgresql_not_valid=True)'


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


def write(message: str, head: str, upgrade: Iterable[str], downgrade: Iterable[str]) -> tuple[str, str]:
    """Return the path and text of a migration."""
    now = datetime.now(UTC)
    slug = message.replace(" ", "_")[:40].rstrip("_")
    text = _TEXT.format(
        message=message,
        revision=secrets.token_hex(6),
        head=head,
        now=now,
        upgrade="\n".join(f"    {line}" for line in upgrade),
        downgrade="\n".join(f"    {line}" for line in downgrade),
    )
    return f"{VERSIONS}/{now:%Y_%m_%d_%H%M}_{slug}.py", text


def _create(view: Mapping[str, Any]) -> list[str]:
    """Return the steps that create the table and its indexes."""
    table = view["plural"]
    columns = [_column(column, column.operation) for column in view["columns"]]
    columns += [_kept(each) for each in view["kept"]]
    parts = ['sa.Column("id", sa.Uuid(), nullable=False)', *columns]
    refs = [*view["refs"], *(each["field"] for each in view["kept"] if each["refers"])]
    foreign = [column.key_constraint(table) for column in refs]
    if view["owner"]:
        owner = view["owner"]
        parts.append(f'sa.Column("{owner}", sa.Uuid(), nullable=False)')
        foreign.append(
            f'sa.ForeignKeyConstraint(["{owner}"], ["users.id"], name=op.f("fk_{table}_{owner}_users"), '
            'ondelete="CASCADE")'
        )
    parts += [_TIME.format(name=name) for name in ("created_at", "updated_at")]
    parts.append('sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True)')
    parts += [
        f'sa.CheckConstraint("{check["after"].column} > {check["before"].column}", name=op.f("{check["name"]}"))'
        for check in view["order_checks"]
    ]
    parts += [*foreign, f'sa.PrimaryKeyConstraint("id", name=op.f("pk_{table}"))']
    return [
        f'op.create_table("{table}", {", ".join(parts)})',
        *(index.create() for index in indexes_of(view)),
        *_overlaps(view),
        *(step for link in view["links"] for step in _link(link, table)),
    ]


def _overlaps(view: Mapping[str, Any]) -> list[str]:
    """Return the steps that refuse overlapping ranges, in a table without rows."""
    steps = excluded(view).values()
    if not steps:
        return []
    extension = 'op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")'
    return ["# For = in the constraints below: docs/deploy.md has the grant.", extension, *steps]


def excluded(view: Mapping[str, Any]) -> dict[str, str]:
    """Return the steps that create exclusion constraints, by name."""
    table = view["plural"]
    alive = " WHERE (deleted_at IS NULL)" if view["soft"] else ""
    steps = {}
    for each in view["overlaps"]:
        parts = [f"{column.column} WITH =" for column in each["same"]]
        parts.append(f"{each['range']}({each['start'].column}, {each['end'].column}) WITH &&")
        texts = [
            f"ALTER TABLE {table} ",
            f"ADD CONSTRAINT {each['name']} ",
            "EXCLUDE USING gist ",
            f"({', '.join(parts)})",
        ]
        steps[each["name"]] = f"op.execute({' '.join(map(quoted, [*texts, alive]))})"
    return steps


def _link(link: Mapping[str, Any], table: str) -> list[str]:
    """Return the steps that create the table of a link."""
    sides = [(link["own_id"], table, link["own_key"]), (link["target_id"], link["target"].table, link["key"])]
    columns = [f'sa.Column("{column}", sa.Uuid(), nullable=False)' for column, _, _ in sides]
    keys = [
        f'sa.ForeignKeyConstraint(["{column}"], ["{led_to}.id"], name=op.f("{name}"), ondelete="CASCADE")'
        for column, led_to, name in sides
    ]
    own = f'sa.PrimaryKeyConstraint("{sides[0][0]}", "{sides[1][0]}", name=op.f("pk_{link["table"]}"))'
    index = Index(link["table"], f"ix_{link['table']}_{link['target_id']}", (link["target_id"],))
    return [f'op.create_table("{link["table"]}", {", ".join([*columns, *keys, own])})', index.create()]


def _drop(view: Mapping[str, Any]) -> list[str]:
    tables = [*(link["table"] for link in view["links"]), view["plural"]]
    return [f'op.drop_table("{table}")' for table in tables]


def _column(column: FieldType, operation: str) -> str:
    default = f", server_default={column.quoted_default}" if column.default else ""
    return f'sa.Column("{column.column}", {operation}{default}, nullable={column.null})'


def _kept(each: Mapping[str, Any]) -> str:
    """Return a column that stays for the previous release."""
    default = f", server_default={each['default']}" if each["default"] else ""
    return f'sa.Column("{each["name"]}", {each["field"].unchecked_operation}{default}, nullable={each["null"]})'


def names(view: Mapping[str, Any]) -> list[str]:
    """Return the names of all indexes and constraints."""
    table = view["plural"]
    foreign = [column.foreign_key(table) for column in view["refs"]]
    checks = [f"ck_{table}_{column.column}" for column in view["enums"]]
    checks += [each["name"] for each in view["order_checks"] + view["overlaps"]]
    linked = [name for link in view["links"] for name in (link["key"], link["own_key"])]
    return [index.name for index in indexes_of(view)] + foreign + checks + linked
