"""The migrations of a slice, written from its fields without a database."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from mkbackend.project.migrations import VERSIONS
from mkbackend.slices.indexes import Index, indexes_of
from mkbackend.slices.types.base import FieldType

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
    return write(f"add {view['plural_words']}", head, _create(view), [f'op.drop_table("{view["plural"]}")'])


def drop_table(view: Mapping[str, Any], head: str) -> tuple[str, str]:
    """Return the migration that drops the table; its downgrade creates an empty one."""
    steps = [
        "# Deploy the release without its code first, then run this.",
        "# squawk-ignore ban-drop-table: the code that read it is removed",
        f'op.drop_table("{view["plural"]}")',
    ]
    return write(f"remove {view['plural_words']}", head, steps, _create(view))


def add_columns(view: Mapping[str, Any], before: Mapping[str, Any], head: str) -> tuple[str, str]:
    """Return the migration that adds the columns of a view that the previous view lacks.

    It does not block the service: no lock is held while rows are scanned.
    """
    known = {column.name for column in before["columns"]}
    new = [column for column in view["columns"] if column.name not in known]
    table = view["plural"]
    had = {index.name: index for index in indexes_of(before)}
    created = [index for index in indexes_of(view) if index != had.get(index.name)]
    replaced = [had[index.name] for index in created if index.name in had]
    up = [*_added(new, table), *_outside_of_a_transaction([*_validated(new, table), *_created(created)])]
    down = [
        *(index.drop() for index in replaced),
        *(f'op.drop_column("{table}", "{column.name}")' for column in new),
        *(index.create() for index in replaced),
    ]
    fields = " and ".join(column.words for column in new)
    return write(f"add {fields} to {view['plural_words']}"[:70], head, up, down)


def _added(new: list[FieldType], table: str) -> list[str]:
    """Return the steps that add columns, and their constraints for new values."""
    columns = [
        f'op.add_column("{table}", {_column(column, column.unchecked_operation)}, if_not_exists=True)' for column in new
    ]
    constraints = [
        step
        for name, constraint in _constraints(new, table)
        for step in (f'op.drop_constraint("{name}", "{table}", if_exists=True)', constraint)
    ]
    excuse = ["# squawk-ignore ban-drop-constraint: each is recreated at once"] if constraints else []
    return [*excuse, *columns, *constraints]


def _validated(new: list[FieldType], table: str) -> list[str]:
    """Return the steps that check existing rows, in parts, which the formatter joins if they fit on a line."""
    return [
        f'op.execute("ALTER TABLE {table} " "VALIDATE CONSTRAINT " "{name}")' for name, _ in _constraints(new, table)
    ]


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
    parts = ['sa.Column("id", sa.Uuid(), nullable=False)', *columns]
    foreign = [column.key_constraint(table) for column in view["refs"]]
    if view["owner"]:
        parts.append('sa.Column("owner_id", sa.Uuid(), nullable=False)')
        foreign.append(
            f'sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_{table}_owner_id_users"), '
            'ondelete="CASCADE")'
        )
    parts += [_TIME.format(name=name) for name in ("created_at", "updated_at")]
    parts.append('sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True)')
    parts += [*foreign, f'sa.PrimaryKeyConstraint("id", name=op.f("pk_{table}"))']
    return [f'op.create_table("{table}", {", ".join(parts)})', *(index.create() for index in indexes_of(view))]


def _column(column: FieldType, operation: str) -> str:
    default = f", server_default={column.quoted_default}" if column.default else ""
    return f'sa.Column("{column.name}", {operation}{default}, nullable={column.null})'


def names(view: Mapping[str, Any]) -> list[str]:
    """Return the names of all indexes and constraints."""
    table = view["plural"]
    foreign = [column.foreign_key(table) for column in view["refs"]]
    checks = [f"ck_{table}_{column.name}" for column in view["enums"]]
    return [index.name for index in indexes_of(view)] + foreign + checks
