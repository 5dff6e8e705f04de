"""Execution of queued jobs without a worker."""

from datetime import timedelta
from uuid import uuid4

from pgqueuer import Job, Queries
from pgqueuer.queries import EntrypointExecutionParameter
from pgqueuer.types import QueueEntrypoint, QueueManagerId
from sqlalchemy import text

from app.container import Container
from app.jobs.registry import kinds
from app.kit.queue.driver import queue_within
from app.kit.queue.registry import JobContext, perform

WORKER = QueueManagerId(uuid4())
DUE = text(
    "UPDATE pgqueuer SET execute_after = 'epoch' WHERE status = 'queued' RETURNING id"
)
HOUR = timedelta(hours=1)


async def next_jobs(queue: Queries) -> list[Job]:
    """Take jobs from the queue, in their order."""
    unlimited = EntrypointExecutionParameter(concurrency_limit=0)
    names = [name for kind in kinds() for name in kind.names()]
    known = {QueueEntrypoint(name): unlimited for name in names}
    return await queue.dequeue(100, known, WORKER, None, HOUR)


async def do_waiting_jobs(container: Container) -> None:
    """Run the queued jobs, and those that they add, in the test's transaction."""
    while True:
        async with container.database.transaction() as session:
            # now() does not advance within the test's transaction.
            if not (await session.scalars(DUE)).all():
                return
            jobs = await next_jobs(queue_within(session))
        if not jobs:
            return
        for job in jobs:
            async with JobContext(container.hooks).trace_process(job):
                await perform(job, container, kinds())
        async with container.database.transaction() as session:
            await queue_within(session).log_jobs(
                [(job, "successful", None) for job in jobs]
            )
