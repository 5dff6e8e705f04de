"""Command to draw the tables of all models as a Mermaid diagram, in docs/diagram.md.

    python -m scripts.diagram

A test keeps the file current once it exists.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

import app.domain.models  # noqa: F401 - registers every table
from app.domain.models.base import Base

POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
PATH = Path(__file__).parents[1] / "docs" / "diagram.md"
HEAD = """\
# Tables

Written by `make diagram` from the models. PK: primary key; FK: refers to another table;
UK: unique, among the rows that are not soft-deleted. A table that only joins two others
is a line between them.

"""
MANY_TO_MANY = "}o--o{"
# Mermaid accepts one word.
SHORT = {
    " with time zone": "tz",
    " without time zone": "",
    "double precision": "float8",
    "character varying": "varchar",
}


def draw(metadata: MetaData) -> str:
    """Return the document, in the order of the tables' names."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.fullname)
    joins = [table for table in tables if _only_joins(table, tables)]
    lines = ["erDiagram"]
    for table in tables:
        if table not in joins:
            lines += [f'    "{table.fullname}" ' + "{", *_columns(table), "    }"]
    for table in tables:
        lines += [_join(table)] if table in joins else _references(table)
    return "\n".join([f"{HEAD}```mermaid", *lines, "```", ""])


def _columns(table: Table) -> Iterator[str]:
    keys = _keys(table)
    for column in table.columns:
        marks = ["PK"] if column.primary_key else []
        marks += ["FK"] if column.foreign_keys else []
        marks += ["UK"] if {column.name} in keys[1:] else []
        notes = ["null"] if column.nullable else []
        notes += [
            f"unique with {', '.join(sorted(key - {column.name}))}"
            for key in keys[1:]
            if column.name in key and len(key) > 1
        ]
        words = [_type(column), _word(column.name), ", ".join(marks)]
        words += [f'"{"; ".join(notes)}"'] if notes else []
        yield f"        {' '.join(filter(None, words))}"


def _type(column: Column[object]) -> str:
    """Return the type in PostgreSQL, as one word: `varchar(80)`, `timestamptz`."""
    text = column.type.compile(POSTGRESQL).lower()
    for long, short in SHORT.items():
        text = text.replace(long, short)
    # Older versions of Mermaid accept no comma.
    return _word(text.partition(" collate ")[0].replace(", ", "-"))


def _word(text: str) -> str:
    """Return a word that Mermaid accepts: it begins with a letter and is no mark."""
    word = re.sub(r"[^\w()\[\]-]", "_", text)
    return f"_{word}" if re.match(r"\d|[PFU]K$", word) else word


def _keys(table: Table) -> list[set[str]]:
    """Return the columns of the primary key, then those of each unique constraint."""
    unique: list[UniqueConstraint | Index] = [
        each for each in table.constraints if isinstance(each, UniqueConstraint)
    ]
    unique += [index for index in table.indexes if index.unique and _is_plain(index)]
    keys = {frozenset(column.name for column in each.columns) for each in unique}
    return [{*table.primary_key.columns.keys()}, *map(set, sorted(keys, key=sorted))]


def _is_plain(index: Index) -> bool:
    """Return whether an index is of columns, and of all rows or all that are alive."""
    where = index.dialect_options["postgresql"]["where"]
    whole = where is None or str(where).endswith("deleted_at IS NULL")
    return whole and all(isinstance(each, Column) for each in index.expressions)


def _only_joins(table: Table, tables: list[Table]) -> bool:
    """Return whether a table has nothing but the references of a many-to-many."""
    referred = {key.referred_table for each in tables for key in _foreign(each)}
    return (
        len(_foreign(table)) == 2
        and len(_keys(table)) == 1
        and all(column.primary_key and column.foreign_keys for column in table.columns)
        and table not in referred
    )


def _foreign(table: Table) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda key: [*key.column_keys])


def _join(table: Table) -> str:
    one, other = (key.referred_table.fullname for key in _foreign(table))
    return f'    "{one}" {MANY_TO_MANY} "{other}" : "{table.fullname}"'


def _references(table: Table) -> Iterator[str]:
    """Yield a line for each reference: of one row or none, by one row or many."""
    for key in _foreign(table):
        names = {column.name for column in key.columns}
        one = "|o" if any(column.nullable for column in key.columns) else "||"
        many = "o|" if any(each <= names for each in _keys(table)) else "o{"
        label = ", ".join(key.column_keys)
        referred = key.referred_table.fullname
        yield f'    "{referred}" {one}--{many} "{table.fullname}" : "{label}"'


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(draw(Base.metadata), encoding="utf-8", newline="\n")
    print(f"docs/{PATH.name}: {len(Base.metadata.tables)} tables")
