"""The clean-up job."""

from app.kit.queue.job import Job


class Purge(Job):
    """The daily clean-up of expired rows and files."""

    name = "purge"
    seconds = 3600
    schedule = "17 3 * * *"
