"""What a job is: something to do after a request, or when the clock says so.

Its class says how a job is done, its fields what has to be known for it. It waits in
the database, which is no place for a secret.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Job(BaseModel):
    """One thing to do. Where a machine dies it may be done twice: let that be harmless.

    Attributes:
        name: as the queue knows it. Those that wait go by it: do not change it.
        tries: how often it is tried, with growing pauses: ten tries take 43 minutes.
        seconds: how long one try may take.
        schedule: when the clock adds it, as cron says it, in UTC.
    """

    # An error of one that waited since an older version quotes none of its fields.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: ClassVar[str]
    tries: ClassVar[int] = 10
    seconds: ClassVar[float] = 30
    schedule: ClassVar[str | None] = None
