"""Hooks, through which parts of the kit extend the service."""

from collections.abc import (
    AsyncGenerator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
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
from app.kit.files import Files

type Around = AbstractContextManager[None]

# Seconds that hooks may take at the end of the process, to flush data.
LAST_WORDS = 3.0


@dataclass(frozen=True)
class Hooks:
    """Hooks of one process, in the order of their parts. All lists may be empty."""

    # ASGI middleware for all requests
    middleware: list[Callable[[Any], Any]] = field(default_factory=list)
    # Names of ids in log lines, besides the request id
    log_ids: list[str] = field(default_factory=list)
    # Stores of files, the last of which replaces the directory
    files: list[Files] = field(default_factory=list)
    # Context managers around the process, given the database engine
    process: list[Callable[[AsyncEngine], Around]] = field(default_factory=list)
    # Around a worker, given its database and the priorities of its jobs, by name
    worker: list[Callable[[DatabaseManager, Mapping[str, int]], Around]] = field(
        default_factory=list
    )
    # Return headers for a new job
    headers: list[Callable[[], Mapping[str, str]]] = field(default_factory=list)
    # Around a job and its log lines, given its name and headers
    job: list[Callable[[str, Mapping[str, str]], Around]] = field(default_factory=list)
    # Around a job's handler, which may raise, given the job's name
    attempt: list[Callable[[str], Around]] = field(default_factory=list)

    @asynccontextmanager
    async def running(self, engine: AsyncEngine) -> AsyncGenerator[None]:
        """Enter the process hooks; leaving them takes LAST_WORDS at most."""
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
    """Enter all hooks of one kind."""
    with ExitStack() as stack:
        for hook in hooks:
            stack.enter_context(hook(*args, **kwargs))
        yield
