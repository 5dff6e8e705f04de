"""File storage in a bucket."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from mimetypes import guess_type
from typing import TYPE_CHECKING

import anyio
import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.core.exceptions import ServiceUnavailableException
from app.kit.files import Download
from app.kit.turns import Turns

if TYPE_CHECKING:
    from obstore import GetResult

# Seconds until a call has failed, with its retries.
PATIENCE = 15.0
# Uploads that may be in memory at once; the others wait on disk.
AT_ONCE = 4
# Bytes of an upload in memory while it arrives, and of a chunk of a download.
IN_MEMORY = 256 * 1024
CHUNK = 64 * 1024


class BucketError(Exception):
    """Failure of a bucket, without the response of its server, which may quote keys."""


class Bucket:
    """Store of files in a bucket, directly below a prefix."""

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self._uploads = Turns(AT_ONCE, PATIENCE)

    async def find(self, name: str) -> Download | None:
        """Return the content of a file, or None if it does not exist.

        Raises:
            ServiceUnavailableException: the bucket does not exist, or does not answer.
        """
        with _mapped_errors():
            try:
                async with asyncio.timeout(PATIENCE):
                    found = await obstore.get_async(self._store, name)
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                return None
        return Download(name, found.meta["size"], _content(found))

    async def save(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a file from a stream, whole or not at all.

        Raises:
            ServiceUnavailableException: the bucket does not take it in time.
        """
        kind = guess_type(name)[0] or "application/octet-stream"
        with _mapped_errors():
            # A slow client fills no memory meanwhile.
            async with anyio.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
                async for chunk in chunks:
                    await file.write(chunk)
                await file.seek(0)
                async with self._uploads.take(), asyncio.timeout(PATIENCE):
                    await obstore.put_async(
                        self._store,
                        name,
                        await file.read(),
                        attributes={"Content-Type": kind},
                        # One request: what fails leaves no parts behind.
                        use_multipart=False,
                    )

    async def remove(self, name: str) -> None:
        """Remove a file, if it exists."""
        with anyio.CancelScope(shield=True), _mapped_errors():
            async with asyncio.timeout(PATIENCE):
                await obstore.delete_async(self._store, name)

    async def older_than(self, age: timedelta) -> list[str]:
        """Return the names of files stored more than `age` ago."""
        limit = datetime.now(UTC) - age
        with _mapped_errors():
            return [
                file["path"]
                async for page in obstore.list(self._store)
                for file in page
                if file["last_modified"] < limit and "/" not in file["path"]
            ]


async def _content(found: "GetResult") -> AsyncGenerator[bytes]:
    with _mapped_errors():
        async for chunk in found.stream(min_chunk_size=CHUNK):
            yield chunk


@contextmanager
def _mapped_errors() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise ServiceUnavailableException("File storage is unavailable") from (
            BucketError(_summary(error))
        )


def _summary(error: Exception) -> str:
    """Return the kind of an error, its first line, and the code of the response."""
    line, _, _ = str(error).partition("\n")
    request, _, _ = line.partition(": <")
    return f"{type(error).__name__}: {request} {_code(error)}".strip()


def _code(error: Exception) -> str:
    """Return the code of a response (Amazon S3 API, Error responses), if it has one."""
    found = re.search(r"<Code>(\w+)</Code>", str(error))
    return found[1] if found else ""
