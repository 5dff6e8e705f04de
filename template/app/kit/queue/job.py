"""Jobs: work after a request, or on a schedule.

The class has the options, the fields are the payload. The database stores the payload:
it must hold no secrets.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Job(BaseModel):
    """Base class of jobs. A job may run twice if a machine dies: make it idempotent.

    Attributes:
        name: name in the queue. Queued jobs depend on it: see docs/rename-job.md.
        former_names: earlier names, which jobs that wait may still have.
        priority: jobs of a higher priority run first. Mails have 10.
        tries: number of attempts, with exponential backoff: ten take 43 minutes.
        seconds: time limit of an attempt.
        schedule: cron expression, in UTC, of a periodic job. If its time passed while
            no worker ran, it runs once at the next start.
    """

    # A job queued by an older version may be invalid: do not log its fields.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: ClassVar[str]
    former_names: ClassVar[tuple[str, ...]] = ()
    priority: ClassVar[int] = 0
    tries: ClassVar[int] = 10
    seconds: ClassVar[float] = 30
    schedule: ClassVar[str | None] = None

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return all names that its jobs may have in the queue."""
        return (cls.name, *cls.former_names)
