"""Worker process of the job queue: `python -m app.jobs`."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio

from app.container import Container
from app.core.config import ConfigurationError
from app.core.logging import setup_logging
from app.jobs.registry import kinds
from app.kit.parts import read_settings
from app.kit.queue.worker import Worker


async def work(container: Container) -> None:
    """Run jobs until SIGTERM or Ctrl-C, and finish those that have started."""
    worker = Worker(container, kinds())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(worker.stop))
    engine = await container.database.connect()
    async with container.hooks.running(engine):
        with liveness_file(container.settings.JOBS_ALIVE_FILE):
            await worker.run()
    await container.database.disconnect()


@contextmanager
def liveness_file(file: Path | None) -> Iterator[None]:
    """Touch a file every 10 seconds while the event loop runs."""

    async def touch() -> None:
        while file is not None:
            await anyio.Path(file).touch()
            await asyncio.sleep(10)

    task = asyncio.create_task(touch())
    try:
        yield
    finally:
        task.cancel()


def main() -> None:
    """Read the settings and run the worker."""
    try:
        container = Container(*read_settings())
        setup_logging(container.settings, container.hooks.log_ids)
        asyncio.run(work(container))
    except ConfigurationError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
