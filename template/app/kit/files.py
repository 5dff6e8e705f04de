"""File storage: in a directory, which several machines may share, or elsewhere."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import anyio

from app.core.exceptions import ServiceUnavailableException


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is not on this machine; its content can be read once."""

    name: str
    size: int
    chunks: AsyncIterator[bytes]


class Files(Protocol):
    """Interface of file stores. The service chooses the names, never the client."""

    async def find(self, name: str) -> Path | Download | None: ...
    async def save(self, name: str, chunks: AsyncIterator[bytes]) -> None: ...
    async def remove(self, name: str) -> None: ...
    async def older_than(self, age: timedelta) -> list[str]: ...


class FileStore:
    """Store of files in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, name: str) -> Path:
        """Return the path of a file, which need not exist."""
        return self._directory / name

    async def exists(self, name: str) -> bool:
        """Return whether a file exists."""
        with _mapped_errors():
            return await anyio.Path(self.path(name)).is_file()

    async def find(self, name: str) -> Path | None:
        """Return the path of a file, or None if it does not exist."""
        return self.path(name) if await self.exists(name) else None

    async def save(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file from a stream, whole or not at all.

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
        """Remove a file, if it exists."""
        with anyio.CancelScope(shield=True), _mapped_errors():
            await anyio.Path(self.path(name)).unlink(missing_ok=True)

    async def older_than(self, age: timedelta) -> list[str]:
        """Return the names of files last changed more than `age` ago."""
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
        raise ServiceUnavailableException("File storage is unavailable") from error
