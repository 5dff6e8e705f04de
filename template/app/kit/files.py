"""Files of the service, in a directory that may be a volume of several machines."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import anyio

from app.core.exceptions import ServiceUnavailableException


class FileStore:
    """Keeps files under names of our own; callers never choose one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, name: str) -> Path:
        """Where a file is, or would be."""
        return self._directory / name

    async def save(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file as it arrives. It is there whole, or not at all.

        Raises:
            ServiceUnavailableException: the directory cannot be written to, or is full.
        """
        part = anyio.Path(self.path(f"{name}.part"))
        try:
            with _mapped_errors():
                await anyio.Path(self._directory).mkdir(parents=True, exist_ok=True)
                async with await part.open("wb") as file:
                    async for chunk in chunks:
                        await file.write(chunk)
                await part.rename(self.path(name))
        finally:
            with anyio.CancelScope(shield=True), _mapped_errors():
                await part.unlink(missing_ok=True)

    async def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with anyio.CancelScope(shield=True), _mapped_errors():
            await anyio.Path(self.path(name)).unlink(missing_ok=True)

    async def older_than(self, age: timedelta) -> list[str]:
        """Give the names of the files that have not changed for so long."""
        directory = anyio.Path(self._directory)
        limit = time.time() - age.total_seconds()
        if not await directory.is_dir():
            return []
        return [
            path.name
            async for path in directory.iterdir()
            if (await path.stat()).st_mtime < limit
        ]


@contextmanager
def _mapped_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServiceUnavailableException("Files cannot be kept now") from error
