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


def order_check(check: Mapping[str, Any], table: str) -> tuple[str, str]:
    """Return the name of a check that one column is after another, and the step that creates it without a scan."""
    name, condition = check["name"], f"{check['after'].column} > {check['before'].column}"
    return name, f'op.create_check_constraint(op.f("{name}"), "{table}", "{condition}", postgresql_not_valid=True)'


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
    columns = [column_of(column, column.operation) for column in view["columns"]]
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
        *(step for link in view["links"] for step in link_table(link, table)),
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


def link_table(link: Mapping[str, Any], table: str) -> list[str]:
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


def column_of(column: FieldType, operation: str) -> str:
    """Return a column of a migration, of the given type."""
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
