"""Statements that were prepared before a migration.

The driver prepares a statement once per connection, for the types of that moment. After
a migration has changed one of them, its next execution fails.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db.errors import may_be_outdated


def retry_outdated(engine: AsyncEngine) -> None:
    """Retry outdated statements of an engine."""
    event.listen(engine.sync_engine, "do_execute", _execute)


def _execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Execute a statement; if it is outdated, prepare it again and retry once.

    Only outside of a transaction, or as its first statement: nothing was done before.
    """
    connection = context.root_connection.connection
    in_transaction = connection.driver_connection.is_in_transaction()
    try:
        cursor.execute(statement, parameters)
    except context.dialect.dbapi.Error as error:
        if not may_be_outdated(error):
            raise
        _forget_prepared(context)
        if in_transaction:
            raise
        connection.dbapi_connection.rollback()
        cursor.execute(statement, parameters)
    return True


def _forget_prepared(context: Any) -> None:
    """Forget the prepared statements of all connections."""
    # SQLAlchemy does it for this error only.
    error = context.dialect.dbapi.InvalidCachedStatementError("outdated")
    context.handle_dbapi_exception(error)
    # Updates the cursor.
    context.pre_exec()
