"""Tests of `mkbackend remove`: it removes added files, and keeps edited ones."""

import os
import time

import pytest

from mkbackend.project.migrations import heads, read

from .conftest import EVERY, Place, Refused

SERVICE = "app/service/article_service.py"


def test_an_added_slice_is_removed_completely(place: Place) -> None:
    place.run("add", "article", *EVERY)
    place.run("remove", "article")
    assert place.status() == []
    assert not (place.root / ".mkbackend").exists()


def test_extended_slices_are_removed_completely(place: Place) -> None:
    place.run("add", "article", *EVERY)
    place.run("add", "article", "note:str:null")
    place.run("add", "book", "article:ref/article")
    for name in ("book", "article"):
        place.run("remove", name)
    assert place.status() == []


@pytest.mark.parametrize("staged", [False, True])
def test_consecutive_removals_need_no_commit_between(place: Place, staged: bool) -> None:
    for name in ("article", "book", "note"):
        place.run("add", name, "title:str")
    place.commit()
    for name in ("article", "book"):
        place.run("remove", name)
        if staged:
            place.git("add", "--all")
    place.run("add", "page_note", "title:str")
    place.run("remove", "note")
    assert len(heads(read(place.root))) == 1


def test_another_deleted_file_is_an_uncommitted_change(place: Place, refused: Refused) -> None:
    for name in ("article", "book"):
        place.run("add", name, "title:str")
    place.commit()
    place.run("remove", "article")
    (place.root / "app/main.py").unlink()
    assert "uncommitted changes: app/main.py." in refused("remove", "book")


def test_an_edited_file_is_kept_and_reported(place: Place) -> None:
    place.run("add", "article", *EVERY)
    place.edit(SERVICE, '"""Use', '"""All use')
    output = place.run("remove", "article").output
    assert SERVICE in output
    assert place.status() == [f"?? {SERVICE}"]
    assert "All use" in place.read(SERVICE)


def test_force_removes_an_edited_file(place: Place) -> None:
    place.run("add", "article", *EVERY)
    place.edit(SERVICE, '"""Use', '"""All use')
    place.run("remove", "article", "--force")
    assert place.status() == []


def test_windows_line_endings_are_not_an_edit(place: Place) -> None:
    place.run("add", "article", *EVERY)
    (place.root / SERVICE).write_bytes((place.root / SERVICE).read_bytes().replace(b"\n", b"\r\n"))
    place.run("remove", "article")
    assert place.status() == []


def test_a_dry_run_removes_nothing(place: Place) -> None:
    place.run("add", "article", *EVERY)
    before = place.status()
    assert "-class Article(BaseModel):" in place.run("remove", "article", "--dry-run").output
    assert place.status() == before


def test_a_committed_migration_is_kept_and_another_drops_the_table(place: Place) -> None:
    place.run("add", "article", *EVERY)
    place.commit()
    output = place.run("remove", "article").output
    assert "Next:\n  make migrate-up\n" in output
    (new,) = [line.removeprefix("?? ") for line in place.status() if line.startswith("??")]
    assert 'op.drop_table("articles")' in place.read(new).partition("def downgrade")[0]
    assert 'op.create_table(\n        "articles"' in place.read(new).partition("def downgrade")[2]
    assert len(heads(read(place.root))) == 1
    place.commit()
    place.run("add", "article", *EVERY)


def test_a_migration_that_the_embedded_server_may_have_run_is_kept(place: Place) -> None:
    place.run("add", "article", *EVERY)
    log = place.root / ".pgdata/18/pg_wal/000000010000000000000001"
    log.parent.mkdir(parents=True)
    log.touch()
    os.utime(log, (time.time() + 60, time.time() + 60))
    place.run("remove", "article")
    assert len([line for line in place.status() if "alembic" in line]) == 2


def test_a_migration_followed_by_another_is_kept(place: Place) -> None:
    place.run("add", "article", *EVERY)
    place.run("add", "book", "name:str")
    place.run("remove", "article")
    assert len(heads(read(place.root))) == 1


def test_a_slice_referenced_by_another_is_not_removed(place: Place, refused: Refused) -> None:
    place.run("add", "article", *EVERY)
    place.run("add", "note", "article:ref/article")
    assert "Remove note first" in refused("remove", "article")
    place.run("add", "article", "note:ref/note:null")
    assert "Remove the field from one of them" in refused("remove", "article")


def test_a_resource_that_was_not_added_is_refused(place: Place, refused: Refused) -> None:
    assert "'user' was not added" in refused("remove", "user")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"article"', '"book"'),
        ("fields = [", "fields = [1,"),
        ("title:str/200", "title:string"),
        ('"app/service/', '"../app/service/'),
        ('"app/service/', '"/app/service/'),
        ("[files]", "files ="),
    ],
)
def test_an_invalid_record_is_refused(place: Place, refused: Refused, old: str, new: str) -> None:
    place.run("add", "article", *EVERY)
    place.edit(".mkbackend/article.toml", old, new)
    assert "Restore it" in refused("remove", "article")
