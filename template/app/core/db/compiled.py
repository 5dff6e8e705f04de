"""Statements that are compiled once, for what nearly every request runs."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import (
    BindParameter,
    CursorResult,
    Delete,
    Dialect,
    Insert,
    Select,
    Update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.core.db.sessions import check_writes

type Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
# Rows of any number of columns
type Rows = CursorResult[*tuple[Any, ...]]
type Values = Mapping[str, object]


class CompiledStatement:
    """A fixed statement, whose text and parameters are not looked up again each time.

    Its values are those of `bindparam`, or of the `columns` of an INSERT. The columns
    of its rows are as the driver returns them: an enum is text.
    """

    def __init__(self, statement: Statement, columns: Collection[str] = ()) -> None:
        self._statement = statement
        self._columns = list(columns)
        self._text = ""
        self._parameters: list[Callable[[Values], object]] = []

    async def run(self, session: AsyncSession, values: Values) -> Rows:
        """Run the statement on the session's connection.

        Raises:
            WriteInReadingError: the statement writes, and the session only reads.
            KeyError: a value is missing.
        """
        return await session.run_sync(self._run, values)

    def _run(self, session: Session, values: Values) -> Rows:
        check_writes(session, self._statement)
        connection = session.connection()
        if not self._text:
            self._compile(connection.dialect)
        in_order = tuple(parameter(values) for parameter in self._parameters)
        return connection.exec_driver_sql(self._text, in_order)

    def _compile(self, dialect: Dialect) -> None:
        columns = self._columns or None
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=columns)
        self._parameters = [
            _parameter(name, compiled.binds[name], dialect)
            for name in compiled.positiontup
        ]
        self._text = str(compiled)


def _parameter(
    name: str, bound: BindParameter[Any], dialect: Dialect
) -> Callable[[Values], object]:
    """Return a function that takes a parameter from the values, or is constant."""
    convert = bound.type.dialect_impl(dialect).bind_processor(dialect) or _unchanged
    if bound.required:
        return lambda values: convert(values[name])
    constant = convert(bound.effective_value)
    return lambda _: constant


def _unchanged(value: object) -> object:
    return value
