"""The drill: what docs/deploy.md of a project says of backups, followed on a PostgreSQL of its own."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from load.service import service

from .conftest import PICTURE, Backup, Restored, sign_in

HEAD = "(head)"


@pytest.fixture(scope="module")
def user(restored: Restored, scratch: Path) -> Iterator[httpx.Client]:
    """Yield the user of the backup, signed in to a service on the restored data."""
    with (
        service(restored.database, scratch, UPLOAD_DIR=str(restored.uploads), JOBS_IN_API="false") as running,
        running.client() as client,
    ):
        assert client.get("/health/ready").json()["database"] == "read-write"
        sign_in(client)
        yield client


def test_the_user_signs_in_and_the_picture_is_there(user: httpx.Client) -> None:
    picture = user.get("/users/me/picture")
    assert (picture.status_code, picture.content) == (200, PICTURE)


def test_a_picture_that_is_missing_in_the_backup_is_a_404(user: httpx.Client, restored: Restored) -> None:
    (file,) = restored.uploads.iterdir()
    file.unlink()
    assert user.get("/users/me/picture").status_code == 404
    assert user.get("/users/me").status_code == 200


def test_jobs_that_waited_are_restored(restored: Restored) -> None:
    assert re.search(r"^ +1  queued +send-link$", restored.output, re.MULTILINE), restored.output


def test_the_migrations_are_at_the_head(restored: Restored) -> None:
    assert HEAD in restored.output


def test_a_backup_of_an_earlier_release_is_migrated(restored: Restored) -> None:
    backup, url = restored.backup, restored.migrating
    backup.run("alembic downgrade -1", url, restored.uploads)
    assert HEAD not in backup.run("alembic current", url, restored.uploads)
    assert HEAD in backup.run("alembic upgrade head; alembic current", url, restored.uploads)


def test_nothing_is_restored_over_existing_tables(backup: Backup, restored: Restored) -> None:
    users = restored.database.ask("SELECT id FROM users ORDER BY id")
    with pytest.raises(pytest.fail.Exception, match="already exists"):
        backup.follow("pg_restore", restored.migrating, restored.uploads)
    assert restored.database.ask("SELECT id FROM users ORDER BY id") == users
