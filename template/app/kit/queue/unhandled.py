"""Jobs without a handler: their name was changed or removed while they waited."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager, suppress

from loguru import logger

from app.core.database import DatabaseManager
from app.core.exceptions import ServiceUnavailableException
from app.kit.queue.store import JobQueue

# Seconds between two warnings.
WARNED_EACH = 3600.0


def unhandled(
    counted: Mapping[tuple[str, str], int], names: Collection[str]
) -> Mapping[str, int]:
    """Return the number of unfinished jobs by name, for names without a handler.

    Args:
        counted: the number of jobs by name and status.
        names: the names that have a handler.
    """
    found = Counter[str]()
    for (name, status), count in counted.items():
        if name not in names and status != "failed":
            found[name] += count
    return found


@asynccontextmanager
async def warning_of_unhandled(
    database: DatabaseManager, names: Collection[str]
) -> AsyncGenerator[None]:
    """Warn of jobs without a handler, now and every hour."""
    task = asyncio.create_task(_warn(database, names))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _warn(database: DatabaseManager, names: Collection[str]) -> None:
    while True:
        with suppress(ServiceUnavailableException):
            async with database.reading() as session:
                counted = await JobQueue(session, {}).count()
            for name, count in unhandled(counted, names).items():
                logger.warning(
                    "No handler for {} waiting jobs: {}. See docs/rename-job.md",
                    count,
                    name,
                )
        await asyncio.sleep(WARNED_EACH)
