"""The job queue in memory."""

from collections.abc import Awaitable, Callable

from app.kit.queue.job import Job


class FakeJobQueue:
    """An in-memory `JobQueue` that runs each job immediately."""

    def __init__(self, do: Callable[[Job], Awaitable[None]]) -> None:
        self.added: list[Job] = []
        self._do = do

    async def add(self, job: Job) -> None:
        self.added.append(job)
        await self._do(job)
