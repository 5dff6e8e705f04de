"""Registry of job handlers.

Modules of this package whose names end in `_jobs` are found by listing: a new one needs
no change here.
"""

from functools import cache

from app import jobs
from app.container import Container
from app.kit.queue.registry import Handlers, Router, discover


class JobRouter(Router[Container]):
    """The job handlers of a module."""


@cache
def kinds() -> Handlers[Container]:
    """Return the handler of each job type."""
    return discover(jobs)
