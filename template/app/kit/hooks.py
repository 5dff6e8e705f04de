"""Hooks, by which a part of the kit joins in what the service does."""

from collections.abc import (
    AsyncGenerator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.database import DatabaseManager

type Around = AbstractContextManager[None]

# Seconds that the end of the process may take, where a hook sends what is left.
LAST_WORDS = 3.0


@dataclass(frozen=True)
class Hooks:
    """Hooks of one process, in the order of their parts. All lists may be empty."""

    # ASGI middleware, which each request passes
    middleware: list[Callable[[Any], Any]] = field(default_factory=list)
    # Names of ids in log lines, beside that of the request
    log_ids: list[str] = field(default_factory=list)
    # Surround the life of the process, with the engine of its database
    process: list[Callable[[AsyncEngine], Around]] = field(default_factory=list)
    # Surround a worker, with its database and the names of its jobs
    worker: list[Callable[[DatabaseManager, Sequence[str]], Around]] = field(
        default_factory=list
    )
    # Make headers for a job that is added
    headers: list[Callable[[], Mapping[str, str]]] = field(default_factory=list)
    # Surround a job and what is logged of it, with its name and headers
    job: list[Callable[[str, Mapping[str, str]], Around]] = field(default_factory=list)
    # Surround the handler of a job, which may raise, with its name
    attempt: list[Callable[[str], Around]] = field(default_factory=list)

    @asynccontextmanager
    async def running(self, engine: AsyncEngine) -> AsyncGenerator[None]:
        """Surround the life of the process; its end takes LAST_WORDS at most."""
        stack = ExitStack()
        try:
            for hook in self.process:
                stack.enter_context(hook(engine))
            yield
        finally:
            ending = Thread(target=stack.close, daemon=True)
            ending.start()
            await to_thread.run_sync(ending.join, LAST_WORDS)


@contextmanager
def around[**P](
    hooks: Iterable[Callable[P, Around]], *args: P.args, **kwargs: P.kwargs
) -> Iterator[None]:
    """Surround something with all hooks of one kind."""
    with ExitStack() as stack:
        for hook in hooks:
            stack.enter_context(hook(*args, **kwargs))
        yield
