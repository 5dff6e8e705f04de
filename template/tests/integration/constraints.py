"""CHECK and EXCLUDE constraints, which `alembic revision --autogenerate` does not see.

PostgreSQL rewrites definitions, so the tables of the models are created as well and
both definitions read back from it.
"""

import re
from collections.abc import Mapping
from textwrap import indent, wrap

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import AddConstraint

from app.domain.models.base import Base

# By table and name.
Constraints = Mapping[tuple[str, str], str]
TABLES = [table for table in Base.metadata.sorted_tables if table.schema is None]
DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy's
WIDTH = 88
# For scripts/lint_migrations.py.
SAFE = "# squawk-ignore ban-drop-constraint: another takes its place at once"
DEFINED = text("""
    SELECT class.relname, conname, pg_get_constraintdef(pg_constraint.oid)
    FROM pg_constraint JOIN pg_class class ON class.oid = conrelid
    WHERE relnamespace = CAST(current_schema() AS regnamespace)
    AND contype IN ('c', 'x') AND class.relname = ANY(:tables)
""")


async def missing_lines(session: AsyncSession) -> str:
    """Return the functions of a migration that brings the tables to the models."""
    stored = await _defined(session)
    modelled = await _modelled(session)
    names = stored.keys() | modelled.keys()
    changed = sorted(name for name in names if stored.get(name) != modelled.get(name))
    if not changed:
        return ""
    up, down = _added(), {name: _addition(name, stored[name]) for name in stored}
    return "\n\n".join(
        f"def {function}() -> None:\n{indent(_body(changed, old, new), ' ' * 4)}"
        for function, old, new in (("upgrade", down, up), ("downgrade", up, down))
    )


async def _defined(session: AsyncSession) -> Constraints:
    """Return the constraints in the first schema, validated or not."""
    rows = await session.execute(DEFINED, {"tables": [table.name for table in TABLES]})
    return {
        (table, name): says.removesuffix(" NOT VALID") for table, name, says in rows
    }


async def _modelled(session: AsyncSession) -> Constraints:
    """Return the models' constraints, from a schema that ends with the session."""
    await session.execute(text("CREATE SCHEMA of_the_models"))
    await session.execute(text("SET LOCAL search_path TO of_the_models, public"))
    connection = await session.connection()
    await connection.run_sync(Base.metadata.create_all, TABLES, checkfirst=False)
    return await _defined(session)


def _added() -> Constraints:
    """Return the statements that add the constraints of the models."""
    added = {}
    for table in TABLES:
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint | ExcludeConstraint):
                name = DIALECT.identifier_preparer.format_constraint(constraint) or ""
                statement = AddConstraint(constraint, isolate_from_table=False)
                added[table.name, name] = str(statement.compile(dialect=DIALECT))
    return added


def _addition(name: tuple[str, str], definition: str) -> str:
    return f"ALTER TABLE {name[0]} ADD CONSTRAINT {name[1]} {definition}"


def _body(changed: list[tuple[str, str]], old: Constraints, new: Constraints) -> str:
    """Return the lines that replace constraints; validation blocks no writes."""
    drop = "ALTER TABLE {} DROP CONSTRAINT {}"
    lines = [_execute(drop.format(*name)) for name in changed if name in old]
    if any(name in old and name in new for name in changed):
        lines.insert(0, SAFE)
    added = {name: new[name] for name in changed if name in new}
    late = [name for name in added if " EXCLUDE " not in added[name]]
    for name, statement in added.items():
        lines.append(_execute(statement + " NOT VALID" * (name in late)))
    if late:
        validate = "ALTER TABLE {} VALIDATE CONSTRAINT {}"
        lines.append("with op.get_context().autocommit_block():")
        inner = [_execute(validate.format(*name), WIDTH - 8) for name in late]
        lines += [indent(line, " " * 4) for line in inner]
    return "\n".join(lines)


def _execute(statement: str, width: int = WIDTH - 4) -> str:
    """Return a call within this width, as the formatter writes it."""
    # Alembic reads :name as a parameter.
    statement = re.sub(r"(?<![:\w]):(?=\w)", r"\:", statement)
    short = f"op.execute({_quoted(statement)})"
    if len(short) <= width:
        return short
    parts = wrap(statement, width - 6, drop_whitespace=False, break_on_hyphens=False)
    return "\n".join(["op.execute(", *(f"    {_quoted(part)}" for part in parts), ")"])


def _quoted(part: str) -> str:
    quote = "'" if part.count('"') > part.count("'") else '"'
    return quote + part.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote
