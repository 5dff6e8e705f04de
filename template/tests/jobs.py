"""What a worker does, without one."""

from datetime import timedelta
from uuid import uuid4

from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from sqlalchemy import text

from app.api.wiring import Shared
from app.core.job_queue import queue_within
from app.jobs.registry import JobContext, kinds, perform

WORKER = QueueManagerId(uuid4())
DUE = text("UPDATE pgqueuer SET execute_after = 'epoch' WHERE status = 'queued'")
HOUR = timedelta(hours=1)


async def do_waiting_jobs(shared: Shared) -> None:
    """Do the jobs that wait, and those that they add, where the test writes."""
    unlimited = EntrypointExecutionParameter(concurrency_limit=0)
    known = {QueueEntrypoint(kind.name): unlimited for kind in kinds()}
    while True:
        async with shared.database.transaction() as session:
            # In the transaction of a test the clock stands still.
            await session.execute(DUE)
            queue = queue_within(session)
            jobs = await queue.dequeue(100, known, WORKER, None, HOUR)
        if not jobs:
            return
        for job in jobs:
            async with JobContext(shared.telemetry).trace_process(job):
                await perform(job, shared)
        async with shared.database.transaction() as session:
            await queue_within(session).log_jobs(
                [(job, "successful", None) for job in jobs]
            )
