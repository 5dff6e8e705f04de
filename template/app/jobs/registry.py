"""Who does which job.

Each module of this package whose name ends in `_jobs` is found by its name: a new one
is a new file, and this one stays as it is.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, nullcontext
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from loguru import logger
from pgqueuer.domain.models import Job as QueuedJob

from app import jobs
from app.api.wiring import Shared
from app.domain.jobs.base import Job
from app.service.audit_service import Origin

if TYPE_CHECKING:
    from app.core.telemetry import Telemetry

type Handler[Kind: Job] = Callable[[Kind, Shared, Origin], Awaitable[object]]
type Do = Callable[[QueuedJob, Shared], Awaitable[None]]


class JobRouter:
    """The handlers of a module."""

    def __init__(self) -> None:
        self.kinds: dict[type[Job], Do] = {}

    def does[Kind: Job](
        self, kind: type[Kind]
    ) -> Callable[[Handler[Kind]], Handler[Kind]]:
        """Make a function the one that does this kind of job.

        Whatever it raises has the job tried again. It opens its own transactions.
        """

        def register(handler: Handler[Kind]) -> Handler[Kind]:
            async def do(queued: QueuedJob, shared: Shared) -> None:
                job = kind.model_validate_json(queued.payload or b"{}")
                async with asyncio.timeout(kind.seconds):
                    await handler(job, shared, origin_of(queued))

            self.kinds[kind] = do
            return handler

        return register


def origin_of(queued: QueuedJob) -> Origin:
    """Tell which request, or which operator, has asked for it."""
    headers = queued.headers or {}
    return Origin(str(headers.get("address")), str(headers.get("request_id")))


@cache
def kinds() -> dict[type[Job], Do]:
    """All kinds of jobs, with what does them."""
    found: dict[type[Job], Do] = {}
    for module in iter_modules(jobs.__path__, prefix=f"{jobs.__name__}."):
        if module.name.endswith("_jobs"):
            router: JobRouter = import_module(module.name).router
            found |= router.kinds
    return found


class JobContext:
    """Has log lines and traces name the job, and the request that asked for it."""

    def __init__(self, telemetry: "Telemetry | None") -> None:
        self._telemetry = telemetry

    def trace_publish(
        self, entrypoints: list[str]
    ) -> Generator[dict[str, object], None, None]:
        """Add nothing to what is added with a job."""
        yield from ({} for _ in entrypoints)

    @asynccontextmanager
    async def trace_process(self, queued: QueuedJob) -> AsyncGenerator[None]:
        """Surround a job, and what PgQueuer says of its failure."""
        told = self._telemetry
        headers = {k: str(v) for k, v in (queued.headers or {}).items()}
        with (
            logger.contextualize(
                request_id=origin_of(queued).request_id,
                job=f"{queued.entrypoint}/{queued.id}",
            ),
            told.job(queued.entrypoint, headers) if told else nullcontext(),
        ):
            yield


async def perform(queued: QueuedJob, shared: Shared) -> None:
    """Do a job that was taken from the queue.

    Raises:
        Exception: it is to be tried again.
    """
    kind, do = {kind.name: (kind, do) for kind, do in kinds().items()}[
        queued.entrypoint
    ]
    told = shared.telemetry
    try:
        with told.trying(kind.name) if told else nullcontext():
            await do(queued, shared)
    except Exception:
        # Of the last try PgQueuer tells itself.
        if queued.attempts + 1 < kind.tries:
            failed = logger.opt(exception=True)
            failed.warning("Try {} of job {} failed", queued.attempts + 1, kind.name)
        raise
    logger.info("Job {} done", kind.name)
