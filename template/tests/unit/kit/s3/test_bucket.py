"""Files in a bucket, at a local server or at the one of TEST_S3_ENDPOINT."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import obstore
import pytest

from app.container import Container
from app.core.config import Settings
from app.core.exceptions import ServiceUnavailableException
from app.kit.files import Download, Files
from app.kit.s3 import bucket as module
from tests.s3 import KEYS, bucket
from tests.s3.server import OLD, Server, Stored, bucket_server

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's proxy out."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Server]:
    with bucket_server() as server:
        yield server


@pytest.fixture
def endpoint(server: Server) -> str:
    """Return the address of a real server, if there is one."""
    return os.environ.get("TEST_S3_ENDPOINT") or server.address


@pytest.fixture
def prefix() -> str:
    """Return a prefix that no other test uses."""
    return f"test/{token_hex(8)}"


@pytest.fixture
def files(settings: Settings, endpoint: str, prefix: str) -> Files:
    return files_at(settings, endpoint, S3_PREFIX=prefix)


@pytest.fixture
def local(settings: Settings, server: Server) -> Files:
    """Return the files at the local server, which fails as it should."""
    return files_at(settings, server.address)


def files_at(settings: Settings, address: str, **values: str) -> Files:
    return Container(settings, bucket(address, **values)).uploads


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def content(files: Files, name: str) -> bytes | None:
    found = await files.find(name)
    assert not isinstance(found, Path)
    if found is None:
        return None
    read = b"".join([chunk async for chunk in found.chunks])
    assert (found.name, found.size) == (name, len(read))
    return read


@pytest.mark.parametrize(
    "chunks", [[PNG], [PNG[:1], PNG[1:]], [b"\xff\xd8\xff", *[bytes(65536)] * 20], []]
)
async def test_a_file_is_stored_and_found(files: Files, chunks: list[bytes]) -> None:
    await files.save("a.png", sent(*chunks))
    assert await content(files, "a.png") == b"".join(chunks)


async def test_a_file_is_replaced_and_removed_twice(files: Files) -> None:
    await files.save("a.png", sent(PNG))
    await files.save("a.png", sent(b"other"))
    assert await content(files, "a.png") == b"other"
    for _ in range(2):
        await files.remove("a.png")
        assert await files.find("a.png") is None


async def test_only_files_directly_below_the_prefix_are_listed(
    settings: Settings, endpoint: str, files: Files, prefix: str
) -> None:
    for place in (f"{prefix}/deeper", f"{prefix}-beside"):
        others = files_at(settings, endpoint, S3_PREFIX=place)
        await others.save("theirs.png", sent(PNG))
    await files.save("a.png", sent(PNG))
    # In the future, because clocks differ and stores round.
    assert await files.older_than(timedelta(minutes=-1)) == ["a.png"]
    assert await files.older_than(timedelta(hours=1)) == []


async def test_an_upload_that_breaks_off_is_not_stored(files: Files) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PNG
        raise ConnectionAbortedError

    with pytest.raises(ServiceUnavailableException):
        await files.save("a.png", broken())
    assert await files.find("a.png") is None


async def test_a_missing_bucket_is_no_missing_file(
    settings: Settings, endpoint: str
) -> None:
    files = files_at(settings, endpoint, S3_BUCKET="nowhere")
    for attempt in (files.find("a.png"), files.save("a.png", sent(PNG))):
        with pytest.raises(ServiceUnavailableException) as failed:
            await attempt
        assert "NoSuchBucket" in repr(failed.value.__cause__)


async def test_files_have_the_type_of_their_name(local: Files, server: Server) -> None:
    await local.save("a.webp", sent(PNG))
    await local.save("a", sent(PNG))
    kinds = {path: file.kind for path, file in server.files.items()}
    unknown = "application/octet-stream"
    assert kinds == {"uploads/a.webp": "image/webp", "uploads/a": unknown}


async def test_old_files_are_listed(local: Files, server: Server) -> None:
    server.files = {"uploads/a.png": Stored(PNG, at=OLD), "uploads/b.png": Stored(PNG)}
    assert await local.older_than(timedelta(hours=1)) == ["a.png"]


async def test_refused_keys_are_an_outage_and_not_quoted(
    settings: Settings, server: Server
) -> None:
    wrong = {"S3_ACCESS_KEY_ID": "leaked", "S3_SECRET_ACCESS_KEY": "secret"}
    files = files_at(settings, server.address, **wrong)
    with pytest.raises(ServiceUnavailableException) as failed:
        await files.find("a.png")
    assert "InvalidAccessKeyId" in (cause := repr(failed.value.__cause__))
    assert not [key for key in wrong.values() if key in cause]


async def test_keys_of_the_environment_do_not_join_those_of_the_settings(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "stray")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stray")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    await files_at(settings, server.address).save("a.png", sent(PNG))
    assert f"Credential={KEYS['S3_ACCESS_KEY_ID']}/" in server.headers["authorization"]
    assert "x-amz-security-token" not in server.headers


async def test_a_failure_is_retried_twice(local: Files, server: Server) -> None:
    server.failures = 2
    await local.save("a.png", sent(PNG))
    server.failures = 3
    with pytest.raises(ServiceUnavailableException):
        await local.find("a.png")
    assert server.failures == 0


async def test_an_unreachable_server_is_an_outage(settings: Settings) -> None:
    files = files_at(settings, "http://127.0.0.1:1")
    for attempt in (
        files.find("a.png"),
        files.save("a.png", sent(PNG)),
        files.remove("a.png"),
        files.older_than(timedelta()),
    ):
        with pytest.raises(ServiceUnavailableException, match="unavailable"):
            await attempt


async def test_a_server_that_does_not_answer_is_an_outage(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        files = files_at(settings, f"http://127.0.0.1:{silent.getsockname()[1]}")
        for attempt in (
            files.find("a.png"),
            files.save("a.png", sent(PNG)),
            files.remove("a.png"),
        ):
            with pytest.raises(ServiceUnavailableException):
                await attempt


async def test_a_download_that_breaks_off_is_noticed(
    local: Files, server: Server
) -> None:
    await local.save("a.png", sent(PNG))
    server.breaks = True
    found = await local.find("a.png")
    assert isinstance(found, Download)
    with pytest.raises(ServiceUnavailableException):
        _ = [chunk async for chunk in found.chunks]


async def test_few_uploads_are_in_memory_at_once(
    local: Files, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, active, most = obstore.put_async, 0, 0

    async def counted(*args: Any, **options: Any) -> object:
        nonlocal active, most
        active += 1
        most = max(most, active)
        try:
            return await put(*args, **options)
        finally:
            active -= 1

    monkeypatch.setattr(obstore, "put_async", counted)
    uploads = (local.save(f"{n}.png", sent(PNG)) for n in range(3 * module.AT_ONCE))
    await asyncio.gather(*uploads)
    assert len(server.files) == 3 * module.AT_ONCE
    assert most == module.AT_ONCE
