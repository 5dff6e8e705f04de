"""Do the jobs of the queue: `python -m app.jobs`."""

import asyncio
import signal
import sys

from app.api.wiring import Shared
from app.core.config import ConfigurationError, Settings, get_settings
from app.core.logging import setup_logging
from app.jobs.worker import Worker


async def work(settings: Settings) -> None:
    """Work until SIGTERM or Ctrl-C; what was begun is finished."""
    shared = Shared(settings)
    worker = Worker(shared)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(worker.stop))
    await shared.database.connect()
    await worker.run()
    await shared.database.disconnect()


def main() -> None:
    """Read the settings, and work."""
    try:
        settings = get_settings()
    except ConfigurationError as error:
        sys.exit(str(error))
    setup_logging(settings)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
