"""The queue of jobs in memory."""

from collections.abc import Awaitable, Callable

from app.kit.queue.job import Job


class FakeJobQueue:
    """Takes jobs as `JobQueue` does, and has them done at once."""

    def __init__(self, do: Callable[[Job], Awaitable[None]]) -> None:
        self.added: list[Job] = []
        self._do = do

    async def add(self, job: Job) -> None:
        self.added.append(job)
        await self._do(job)
