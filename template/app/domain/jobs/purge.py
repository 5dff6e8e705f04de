"""The job that cleans up."""

from app.kit.queue.job import Job


class Purge(Job):
    """Remove what has expired."""

    name = "purge"
    seconds = 3600
    schedule = "17 3 * * *"
