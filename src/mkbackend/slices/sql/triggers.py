"""Triggers for the time when two releases write a table. Pure."""

import re
from dataclasses import dataclass

from mkbackend.slices.types.base import FieldType, quoted
from mkbackend.slices.types.decimal import Decimal

_LONGEST_NAME = 63
# The rows of one transaction, so that none holds its locks for long.
_BATCH = 1000
# Up to the last space that fits.
_LINE = re.compile(r".{1,60}(?: |$)|.{1,60}")


@dataclass(frozen=True)
class Trigger:
    """A trigger before each INSERT and UPDATE.

    Attributes:
        table: its table.
        column: the column that it sets.
        body: the statements of its function, one each.
        fill: the value of a row from before the trigger, as SQL.
        only: the rows without a value, as SQL.
        source: the column that a contract drops; empty if there is none.
        back: its value, as SQL, for a downgrade.
    """

    table: str
    column: str
    body: tuple[str, ...]
    fill: str
    only: str
    source: str = ""
    back: str = ""

    @property
    def name(self) -> str:
        """Return the name of the trigger and of its function."""
        return f"fill_{self.table}_{self.column}"[:_LONGEST_NAME]

    def create(self) -> list[str]:
        """Return the steps that create it; they can be repeated."""
        function = [
            f"CREATE OR REPLACE FUNCTION {self.name}() ",
            "RETURNS trigger LANGUAGE plpgsql AS $fill$ BEGIN ",
            *(f"{line} " for line in self.body),
            "RETURN NEW; END $fill$",
        ]
        trigger = [
            f"CREATE OR REPLACE TRIGGER {self.name} ",
            f"BEFORE INSERT OR UPDATE ON {self.table} ",
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]
        return [executed(function), executed(trigger)]

    def drop(self) -> list[str]:
        """Return the steps that drop it."""
        return [
            executed([f"DROP TRIGGER IF EXISTS {self.name} ", f"ON {self.table}"]),
            executed([f"DROP FUNCTION IF EXISTS {self.name}()"]),
        ]

    def backfill(self) -> str:
        """Return the step that fills existing rows in batches, outside of a transaction."""
        batch = f"_ids = ARRAY(SELECT id FROM {self.table} "  # noqa: S608  # names that the grammar allows
        return executed(
            [
                "DO $batch$ DECLARE ",
                "_last uuid = '00000000-0000-0000-0000-000000000000'; ",
                "_ids uuid[]; BEGIN LOOP ",
                batch,
                f"WHERE id > _last ORDER BY id LIMIT {_BATCH}); ",
                "EXIT WHEN cardinality(_ids) = 0; ",
                f"UPDATE {self.table} ",
                f"SET {self.column} = {self.fill} ",
                f"WHERE id = ANY(_ids) AND {self.only}; ",
                "COMMIT; _last = _ids[cardinality(_ids)]; ",
                "END LOOP; END $batch$",
            ]
        )

    def restore(self) -> list[str]:
        """Return the steps that fill the column that a contract dropped."""
        if not self.source:
            return []
        return [executed([f"UPDATE {self.table} ", f"SET {self.source} = {self.back}"])]


def filling(table: str, column: str, value: str) -> Trigger:
    """Return the trigger that sets a value, a literal of SQL, in place of null."""
    return Trigger(table, column, (f"NEW.{column} = coalesce(NEW.{column},", f"{value});"), value, f"{column} IS NULL")


def widening(table: str, old: FieldType, new: FieldType) -> Trigger:
    """Return the trigger that keeps a column and its wider successor equal; the narrower has the nearest value."""
    narrow, wide = old.column, new.column
    back = _narrowed(old, f"NEW.{wide}")
    body = (
        "IF TG_OP = 'INSERT' THEN",
        f"IF NEW.{wide} IS NULL THEN NEW.{wide} = NEW.{narrow};",
        f"ELSE NEW.{narrow} = {back}; END IF;",
        f"ELSIF NEW.{wide} IS DISTINCT FROM OLD.{wide} THEN",
        f"NEW.{narrow} = {back};",
        f"ELSIF NEW.{narrow} IS DISTINCT FROM OLD.{narrow}",
        f"OR NEW.{wide} IS NULL THEN",
        f"NEW.{wide} = NEW.{narrow}; END IF;",
    )
    only = f"{wide} IS NULL AND {narrow} IS NOT NULL"
    return Trigger(table, wide, body, narrow, only, narrow, _narrowed(old, wide))


def executed(parts: list[str]) -> str:
    """Return the step that executes SQL, in parts of a line at most, which the formatter joins if they fit on one."""
    lines = [line for part in parts for line in _LINE.findall(part)]
    return f"op.execute({' '.join(map(quoted, lines))})"


def literal(text: str) -> str:
    """Return a text as a literal of SQL in `op.execute`, where a colon begins a parameter."""
    escaped = text.replace("'", "''").replace(":", "\\:")
    return f"'{escaped}'"


def _narrowed(old: FieldType, value: str) -> str:
    """Return the nearest value that the narrower type has; `least` and `greatest` would ignore null."""
    if isinstance(old, Decimal):
        most = "9" * (old.digits - old.places) or "0"
        limit = f"{most}.{'9' * old.places}" if old.places else most
        nearest = f"least(greatest(round({value}, {old.places}), -{limit}), {limit})"
    else:
        nearest = f"least(greatest({value}, -2147483648), 2147483647)"
    return f"CASE WHEN {value} IS NOT NULL THEN {nearest} END"
