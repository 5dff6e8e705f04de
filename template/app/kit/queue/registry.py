"""Handlers of jobs: registration, discovery and execution."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Protocol

from loguru import logger
from pgqueuer import Job as QueuedJob

from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.kit.hooks import Hooks, around
from app.kit.queue.job import Job
from app.kit.renamed import renamed


class Host(Protocol):
    """Interface of the application, which handlers get."""

    settings: Settings
    database: DatabaseManager
    hooks: Hooks


type Handler[Kind: Job, H] = Callable[[Kind, H, RequestContext], Awaitable[object]]
type Run[H] = Callable[[QueuedJob, H], Awaitable[None]]
type Handlers[H] = Mapping[type[Job], Run[H]]


class Router[H]:
    """Handlers of jobs, by kind of job."""

    def __init__(self) -> None:
        self.kinds: dict[type[Job], Run[H]] = {}

    def handler[Kind: Job](
        self, kind: type[Kind]
    ) -> Callable[[Handler[Kind, H]], Handler[Kind, H]]:
        """Register the handler of a kind of job.

        Any exception makes the job retry. The handler opens its own transactions.
        """

        def register(handler: Handler[Kind, H]) -> Handler[Kind, H]:
            async def run(queued: QueuedJob, host: H) -> None:
                job = kind.model_validate_json(queued.payload or b"{}")
                async with asyncio.timeout(kind.seconds):
                    await handler(job, host, context_of(queued))

            self.kinds[kind] = run
            return handler

        return register

    does = renamed(handler)


def context_of(queued: QueuedJob) -> RequestContext:
    """Return the context of the request, or of the operator, that added a job."""
    headers = queued.headers or {}
    return RequestContext(str(headers.get("address")), str(headers.get("request_id")))


def discover[H](package: ModuleType) -> Handlers[H]:
    """Import a package's modules that end in `_jobs`, and merge their routers."""
    found: dict[type[Job], Run[H]] = {}
    for module in iter_modules(package.__path__, prefix=f"{package.__name__}."):
        if module.name.endswith("_jobs"):
            router: Router[H] = import_module(module.name).router
            found |= router.kinds
    return found


class JobContext:
    """PgQueuer tracer: adds log context to a job, and runs its hooks."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def trace_publish(
        self, entrypoints: list[str]
    ) -> Generator[dict[str, object], None, None]:
        """Add no headers: `JobQueue` adds them."""
        yield from ({} for _ in entrypoints)

    @asynccontextmanager
    async def trace_process(self, queued: QueuedJob) -> AsyncGenerator[None]:
        """Surround a job, and PgQueuer's log line of its failure."""
        headers = {k: str(v) for k, v in (queued.headers or {}).items()}
        with (
            logger.contextualize(
                request_id=context_of(queued).request_id,
                job=f"{queued.entrypoint}/{queued.id}",
            ),
            around(self._hooks.job, queued.entrypoint, headers),
        ):
            yield


async def perform[H: Host](queued: QueuedJob, host: H, handlers: Handlers[H]) -> None:
    """Run the handler of a job that was taken from the queue.

    Raises:
        Exception: the attempt failed; the job is retried.
    """
    kind = next(kind for kind in handlers if queued.entrypoint in kind.names())
    try:
        with around(host.hooks.attempt, kind.name):
            await handlers[kind](queued, host)
    except Exception:
        # PgQueuer logs the final failure itself.
        attempt = queued.attempts + 1
        if attempt < kind.tries:
            failed = logger.opt(exception=True)
            failed.warning("Attempt {} of job {} failed", attempt, kind.name)
        raise
    logger.info("Job {} done", kind.name)
