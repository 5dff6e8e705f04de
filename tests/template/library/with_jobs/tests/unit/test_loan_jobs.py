"""The jobs of loans."""

from uuid import uuid4

from app.domain.jobs.loan import RemindReader
from app.service.link_service import JobStore
from tests.fakes.job_queue_repository import FakeJobQueueRepository


async def do_nothing(job: object) -> None:
    """Do nothing."""


async def test_a_reader_is_reminded() -> None:
    queue = FakeJobQueueRepository(do_nothing)
    jobs: JobStore = queue
    job = RemindReader(loan_id=uuid4())
    await jobs.add(job)
    assert queue.added == [job]
