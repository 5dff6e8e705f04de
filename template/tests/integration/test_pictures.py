"""Pictures of users over HTTP."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.container import Container
from app.core.config import Settings
from app.core.database import DatabaseManager
from app.domain.jobs.purge import Purge
from app.domain.models.user import User
from app.domain.roles import Role
from app.jobs.purge_jobs import purge
from app.kit.files import FileStore
from scripts.create_admin import OPERATOR
from tests.conftest import Headers, MakeUser, SignIn
from tests.integration.conftest import store

pytestmark = pytest.mark.integration
ME = "/api/v1/users/me"
PICTURE = f"{ME}/picture"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
WEBP = b"RIFF\x00\x00\x00\x00WEBP" + bytes(100)


@pytest.fixture
def app(app: FastAPI, tmp_path: Path) -> FastAPI:
    """Return the application with a directory that does not exist yet."""
    app.state.container.files = FileStore(tmp_path / "pictures")
    return app


@pytest.fixture
def as_user(user: User, sign_in: SignIn) -> Headers:
    return sign_in(user)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return the directory of pictures."""
    return tmp_path / "pictures"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")],
)
async def test_a_picture_is_stored_and_returned_with_its_detected_type(
    client: AsyncClient, as_user: Headers, content: bytes, media_type: str
) -> None:
    claims = as_user | {"Content-Type": "text/html"}
    put = await client.put(PICTURE, content=content, headers=claims)
    assert put.status_code == 200
    assert put.json()["picture"]
    got = await client.get(PICTURE, headers=as_user)
    assert (got.content, got.headers["Content-Type"]) == (content, media_type)
    assert got.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_picture_can_be_sent_in_chunks(
    client: AsyncClient, as_user: Headers
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in PNG:
            yield bytes([byte])

    assert (await client.put(PICTURE, content=pieces(), headers=as_user)).is_success
    assert (await client.get(PICTURE, headers=as_user)).content == PNG


async def test_a_file_is_looked_up_without_a_connection(
    fresh_app: FastAPI,
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    narrow: DatabaseManager,
    held: list[int],
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    fresh_app.state.container.database = narrow
    headers = sign_in(await store(elsewhere, make_user(picture="lost.png")))
    assert (await fresh_client.get(PICTURE, headers=headers)).status_code == 404
    assert held == [0]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG", b"<svg onload=alert(1)>", b"GIF89a" + bytes(9), b"RIFF00000WAVE"],
)
async def test_a_file_that_is_not_a_picture_is_refused_despite_its_type(
    client: AsyncClient, as_user: Headers, kept: Path, content: bytes
) -> None:
    headers = as_user | {"Content-Type": "image/png"}
    refused = await client.put(PICTURE, content=content, headers=headers)
    assert refused.status_code == 415
    assert _names(kept) == []


async def test_a_replaced_or_deleted_picture_is_removed(
    client: AsyncClient, as_user: Headers, kept: Path
) -> None:
    first = (await client.put(PICTURE, content=PNG, headers=as_user)).json()["picture"]
    second = (await client.put(PICTURE, content=JPEG, headers=as_user)).json()
    assert first != second["picture"]
    assert os.listdir(kept) == [second["picture"]]
    assert (await client.delete(PICTURE, headers=as_user)).is_success
    assert os.listdir(kept) == []
    assert (await client.get(PICTURE, headers=as_user)).status_code == 404
    assert (await client.get(ME, headers=as_user)).json()["picture"] is None


async def test_a_picture_that_is_too_large_is_not_stored(
    client: AsyncClient, as_user: Headers, kept: Path, settings: Settings
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield PNG
        for _ in range(settings.MAX_UPLOAD_SIZE // 65536 + 1):
            yield bytes(65536)

    for content in (endless(), PNG + bytes(settings.MAX_UPLOAD_SIZE)):
        refused = await client.put(PICTURE, content=content, headers=as_user)
        assert refused.status_code == 413
        assert refused.headers["Content-Type"] == "application/problem+json"
    assert _names(kept) == []


async def test_an_unauthenticated_upload_is_not_read(client: AsyncClient) -> None:
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(PNG)
        yield PNG

    assert (await client.put(PICTURE, content=body())).status_code == 401
    assert read == []


async def test_a_moderator_can_read_pictures_of_others(
    client: AsyncClient,
    user: User,
    as_user: Headers,
    database: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    await client.put(PICTURE, content=PNG, headers=as_user)
    theirs = f"/api/v1/users/{user.id}/picture"
    moderator = sign_in(await store(database, make_user(role=Role.MODERATOR)))
    assert (await client.get(theirs, headers=moderator)).content == PNG
    assert (await client.get(theirs, headers=as_user)).status_code == 403
    nobodys = f"/api/v1/users/{uuid4()}/picture"
    assert (await client.get(nobodys, headers=moderator)).status_code == 404


async def test_an_unwritable_directory_is_a_503(
    client: AsyncClient, app: FastAPI, as_user: Headers, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    app.state.container.files = FileStore(tmp_path / "file")
    response = await client.put(PICTURE, content=PNG, headers=as_user)
    assert response.status_code == 503
    assert response.json()["message"] == "File storage is unavailable"


async def test_purge_removes_orphaned_files(
    fresh_database: Settings,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    tmp_path: Path,
) -> None:
    names = ["kept.png", "lost.png", "deleted.png", "broken-off.png.part", "new.png"]
    for name in names:
        (tmp_path / name).write_bytes(PNG)
        if name != "new.png":
            os.utime(tmp_path / name, (0, 0))
    await store(elsewhere, make_user(picture="kept.png"))
    gone = await store(elsewhere, make_user(picture="deleted.png"))
    async with elsewhere.transaction() as session:
        session.add(gone)
        gone.deleted_at = gone.created_at
    settings = fresh_database.model_copy(update={"UPLOAD_DIR": tmp_path})
    await purge(Purge(), Container(settings), OPERATOR)
    assert sorted(os.listdir(tmp_path)) == ["kept.png", "new.png"]


def _names(directory: Path) -> list[str]:
    return os.listdir(directory) if directory.exists() else []
