"""Tests that `add` and `remove` write regular files of the project only, and all of them or none."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.slices import disk
from mkbackend.slices.record import Record, hash_of, read
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import parse

from .conftest import EVERY, Place, Refused

SCHEMAS, SERVICE = "app/domain/schemas", "app/service/article_service.py"


def link_out(place: Place, path: str) -> Path:
    """Move a file or folder out of the project and replace it with a symlink; return its new path."""
    outside = place.root.parent / "outside"
    (place.root / path).rename(outside)
    (place.root / path).symlink_to(outside, target_is_directory=outside.is_dir())
    return outside


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_add_does_not_write_through_a_linked_folder(place: Place, refused: Refused) -> None:
    outside = link_out(place, SCHEMAS)
    place.commit()
    before = tree(outside)
    assert f"{SCHEMAS} is a symbolic link" in refused("add", "article", *EVERY)
    refused("add", "article", *EVERY, "--dry-run")
    assert tree(outside) == before


@pytest.mark.parametrize("path", [SERVICE, ".mkbackend", ".mkbackend/article.toml"])
def test_a_dangling_link_is_refused(place: Place, refused: Refused, path: str) -> None:
    (place.root / path).parent.mkdir(exist_ok=True)
    (place.root / path).symlink_to(place.root.parent / "outside")
    assert f"{path} is a symbolic link" in refused("add", "article", *EVERY)
    assert not (place.root.parent / "outside").exists()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (SERVICE, ["remove", "article"]),
        (SCHEMAS, ["remove", "article", "--force"]),
        (SCHEMAS, ["add", "article", "views:int=0"]),
        (".mkbackend", ["remove", "article"]),
        (".mkbackend/article.toml", ["add", "article", "views:int=0"]),
    ],
)
def test_a_slice_behind_a_link_is_not_changed(place: Place, refused: Refused, path: str, words: list[str]) -> None:
    place.run("add", "article", *EVERY[:2])
    outside = link_out(place, path)
    place.commit()
    before = outside.read_bytes() if outside.is_file() else tree(outside)
    assert f"{path} is a symbolic link" in refused(*words)
    assert "is a symbolic link" in refused(*words, "--dry-run")
    assert before == (outside.read_bytes() if outside.is_file() else tree(outside))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (Path.mkdir, "a folder"),
        pytest.param(
            getattr(os, "mkfifo", None),
            "a special file",
            marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system"),
        ),
    ],
)
def test_a_folder_or_special_file_is_neither_read_nor_removed(
    place: Place, refused: Refused, make: Callable[[Path], None], kind: str
) -> None:
    place.run("add", "article", *EVERY)
    (place.root / SERVICE).unlink()
    make(place.root / SERVICE)
    assert f"{SERVICE} is {kind}" in refused("remove", "article", "--force")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_beside_the_files_is_not_read(place: Place) -> None:
    for path in ("app/domain/models", "app/api/v1", "alembic/versions", ".mkbackend"):
        (place.root / path).mkdir(exist_ok=True)
        os.mkfifo(place.root / path / ("pipe.toml" if path == ".mkbackend" else "pipe_router.py"))
    place.run("add", "article", "title:str")


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".GIT/hooks/x.py",
        "app/.git/x.py",
        "git~1/x.py",
        ".env",
        "app/../../x.py",
        "/etc/x.py",
        "C:/x.py",
        "app\\..\\x.py",
        "app//x.py",
        "README.md",
    ],
)
def test_a_record_with_files_that_add_does_not_write_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / ".mkbackend").mkdir()
    resource = parse(Description("article", ("title:str",)))
    (tmp_path / ".mkbackend/article.toml").write_text(Record(resource, {path: hash_of(b"")}).written())
    with pytest.raises(BadInputError, match="files that add does not write"):
        read(tmp_path, "article")


def test_a_link_at_the_path_of_a_temporary_file_is_not_followed(place: Place) -> None:
    outside = place.root.parent / "outside"
    outside.write_text("mine")
    (place.root / "app/service/.article_service.py.new").symlink_to(outside)
    place.run("add", "article", *EVERY)
    assert outside.read_text() == "mine"
    assert not (place.root / SERVICE).is_symlink()


def test_a_change_that_fails_halfway_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old/gone").mkdir(parents=True)
    (tmp_path / "old/gone/first").write_text("1")
    (tmp_path / "old/second").write_text("2")
    (tmp_path / "old/second").chmod(0o755)
    before = {path: path.stat().st_mode for path in tmp_path.rglob("*")}

    def failing(self: Path, target: Path) -> Path:
        if target.name == "last":
            raise OSError(28, "No space left on device", str(target))
        return real(self, target)

    real = Path.replace
    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="No space left"):
        disk.apply(tmp_path, {"old/gone/first": None, "old/second": "3", "new/folder/file": "4", "new/last": "5"})
    assert {path: path.stat().st_mode for path in tmp_path.rglob("*")} == before
    assert (tmp_path / "old/second").read_text() == "2"
    assert (tmp_path / "old/gone/first").read_text() == "1"


def test_files_that_cannot_be_restored_are_reported_and_the_others_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("old")

    def failing(self: Path, target: Path) -> Path:
        replaced.append(target.name)
        if target.name == "c" or (replaced.count(target.name) > 1 and target.name == "a"):
            raise OSError(28, "No space left on device", str(target))
        return real(self, target)

    real, replaced = Path.replace, list[str]()
    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(MkbackendError, match=r"could not be restored: a\."):
        disk.apply(tmp_path, {"a": "new", "b": "new", "c": "new"})
    assert (tmp_path / "b").read_text() == "old"
