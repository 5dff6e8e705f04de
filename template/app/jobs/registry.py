"""The handlers of the service's jobs.

Each module of this package whose name ends in `_jobs` is found by its name: a new one
is a new file, and this one stays as it is.
"""

from functools import cache

from app import jobs
from app.container import Container
from app.kit.queue.registry import Handlers, Router, discover


class JobRouter(Router[Container]):
    """The handlers of a module."""


@cache
def kinds() -> Handlers[Container]:
    """Return each kind of job with its handler."""
    return discover(jobs)
