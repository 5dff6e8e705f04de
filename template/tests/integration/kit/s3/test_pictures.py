"""Pictures of users in a bucket, over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.container import Container
from app.core.config import Settings
from app.core.database import DatabaseManager
from app.domain.jobs.purge import Purge
from app.jobs.purge_jobs import purge
from scripts.create_admin import OPERATOR
from tests.conftest import Headers, MakeUser, SignIn
from tests.integration.conftest import store
from tests.s3 import bucket
from tests.s3.server import OLD, Server, Stored, bucket_server

pytestmark = pytest.mark.integration
PICTURE = "/api/v1/users/me/picture"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
WEBP = b"RIFF\x00\x00\x00\x00WEBP" + bytes(100)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    # Keeps a developer's proxy out.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with bucket_server() as s3:
        yield s3


@pytest.fixture
def fresh_app(fresh_app: FastAPI, settings: Settings, s3: Server) -> FastAPI:
    """Return the application with its pictures in the bucket."""
    container = Container(settings, bucket(s3.address))
    fresh_app.state.container.hooks.files.extend(container.hooks.files)
    return fresh_app


@pytest.fixture
async def headers(
    elsewhere: DatabaseManager, make_user: MakeUser, sign_in: SignIn
) -> Headers:
    """Return the headers of a signed-in user."""
    return sign_in(await store(elsewhere, make_user()))


async def test_a_picture_is_stored_replaced_and_removed(
    fresh_client: AsyncClient, headers: Headers, s3: Server
) -> None:
    for content, kind in ((PNG, "image/png"), (WEBP, "image/webp")):
        put = await fresh_client.put(PICTURE, content=content, headers=headers)
        assert [*s3.files] == [f"uploads/{put.json()['picture']}"]
        got = await fresh_client.get(PICTURE, headers=headers)
        assert (got.content, got.headers["Content-Type"]) == (content, kind)
        assert got.headers["Content-Length"] == str(len(content))
        assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert (await fresh_client.head(PICTURE, headers=headers)).content == b""
    assert (await fresh_client.delete(PICTURE, headers=headers)).is_success
    assert s3.files == {}
    assert (await fresh_client.get(PICTURE, headers=headers)).status_code == 404


async def test_a_lost_file_is_a_404_and_an_outage_a_503(
    fresh_client: AsyncClient,
    headers: Headers,
    s3: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await fresh_client.put(PICTURE, content=PNG, headers=headers)
    s3.failures = 6
    for method, content in (("GET", None), ("PUT", PNG)):
        failed = await fresh_client.request(
            method, PICTURE, content=content, headers=headers
        )
        assert failed.status_code == 503
        assert failed.headers["Retry-After"]
        assert failed.json()["message"] == "File storage is unavailable"
    assert "testsecret" not in capsys.readouterr().out
    s3.files.clear()
    lost = await fresh_client.get(PICTURE, headers=headers)
    assert lost.status_code == 404


async def test_a_file_that_is_not_a_picture_is_not_sent(
    fresh_client: AsyncClient, headers: Headers, s3: Server, settings: Settings
) -> None:
    for content, status in (
        (b"<svg onload=alert(1)>", 415),
        (PNG + bytes(settings.MAX_UPLOAD_SIZE), 413),
    ):
        put = await fresh_client.put(PICTURE, content=content, headers=headers)
        assert put.status_code == status
    assert s3.headers == {}


async def test_the_server_is_called_without_a_connection(
    fresh_app: FastAPI,
    fresh_client: AsyncClient,
    headers: Headers,
    narrow: DatabaseManager,
    s3: Server,
) -> None:
    fresh_app.state.container.database = narrow
    pool: Any = narrow.engine.pool
    held = list[int]()
    s3.note = lambda: held.append(pool.checkedout())
    await fresh_client.put(PICTURE, content=PNG, headers=headers)
    await fresh_client.get(PICTURE, headers=headers)
    assert held == [0, 0]


async def test_purge_removes_orphaned_files(
    fresh_database: Settings,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    s3: Server,
) -> None:
    names = ["uploads/kept.png", "uploads/lost.png", "uploads/more/a", "others/a"]
    s3.files = {name: Stored(PNG, at=OLD) for name in names}
    s3.files["uploads/new.png"] = Stored(PNG)
    await store(elsewhere, make_user(picture="kept.png"))
    container = Container(fresh_database, bucket(s3.address))
    await purge(Purge(), container, OPERATOR)
    del names[1]
    assert sorted(s3.files) == sorted([*names, "uploads/new.png"])
