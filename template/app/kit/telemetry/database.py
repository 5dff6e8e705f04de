"""What the database engine lets others see: connections in use, and statements."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext, ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine

# Called when a statement has ended, with its error if there was one.
End = Callable[[BaseException | None], None]


def watch_pool(engine: AsyncEngine, report: Callable[[int], None]) -> None:
    """Report how many connections are in use, each time that it changes."""

    def in_use() -> int:
        pool: Any = engine.pool
        count: int = pool.checkedout()
        return count

    # The pool counts a connection as in use until all have heard of its return.
    event.listen(engine.sync_engine, "checkout", lambda *_: report(in_use()))
    event.listen(engine.sync_engine, "checkin", lambda *_: report(in_use() - 1))


def watch_statements(engine: AsyncEngine, begin: Callable[[str], End]) -> None:
    """Call `begin` with the text of a statement, and what it gave at the end."""
    ends: WeakKeyDictionary[ExecutionContext, End] = WeakKeyDictionary()

    def begun(_: Any, __: Any, text: str, ___: Any, context: Any, ____: Any) -> None:
        ends[context] = begin(text)

    def done(*arguments: Any) -> None:
        ends.pop(arguments[4])(None)

    def failed(context: ExceptionContext) -> None:
        # Without one, the error is of a connection that was to be made.
        execution = context.execution_context
        if execution is not None and (end := ends.pop(execution, None)):
            end(context.original_exception)

    event.listen(engine.sync_engine, "before_cursor_execute", begun)
    event.listen(engine.sync_engine, "after_cursor_execute", done)
    event.listen(engine.sync_engine, "handle_error", failed)
