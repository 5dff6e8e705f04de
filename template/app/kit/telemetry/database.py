"""Events of the database engine: connections in use, and statements."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext, ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine

# Called when a statement has ended, with its error if there was one.
End = Callable[[BaseException | None], None]


def watch_pool(engine: AsyncEngine, report: Callable[[int], None]) -> None:
    """Report the number of connections in use whenever it changes."""

    def in_use() -> int:
        pool: Any = engine.pool
        count: int = pool.checkedout()
        return count

    # At checkin the pool still counts the connection as in use.
    event.listen(engine.sync_engine, "checkout", lambda *_: report(in_use()))
    event.listen(engine.sync_engine, "checkin", lambda *_: report(in_use() - 1))


def watch_statements(engine: AsyncEngine, begin: Callable[[str], End]) -> None:
    """Call `begin` with each statement's text, and at its end what `begin` returned."""
    ends: WeakKeyDictionary[ExecutionContext, End] = WeakKeyDictionary()

    def begun(_: Any, __: Any, text: str, ___: Any, context: Any, ____: Any) -> None:
        ends[context] = begin(text)

    def done(*arguments: Any) -> None:
        ends.pop(arguments[4])(None)

    def failed(context: ExceptionContext) -> None:
        # Without it, the error occurred while connecting.
        execution = context.execution_context
        if execution is not None and (end := ends.pop(execution, None)):
            end(context.original_exception)

    event.listen(engine.sync_engine, "before_cursor_execute", begun)
    event.listen(engine.sync_engine, "after_cursor_execute", done)
    event.listen(engine.sync_engine, "handle_error", failed)
