"""Tests of the base for later merges: the text that `add` wrote, stored beside the record."""

import base64
import bz2
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mkbackend.slices import base, record
from mkbackend.slices.record import Record, hash_of
from mkbackend.slices.rendering import render
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import parse

from .conftest import EVERY, TEMPLATE, Place

BASE, RECORD, SERVICE = ".mkbackend/article.base", ".mkbackend/article.toml", "app/service/article_service.py"


def kept(place: Place) -> dict[str, str]:
    known = record.read(place.root, "article")
    assert known
    return base.read(place.root, known)


def there(place: Place) -> dict[str, str]:
    """Return the files of the slice, without migrations."""
    known = record.read(place.root, "article")
    assert known
    return {path: place.read(path) for path in known.files if not path.startswith("alembic")}


def test_every_file_is_stored_as_written(place: Place) -> None:
    place.run("add", "article", *EVERY)
    written = there(place)
    place.edit(SERVICE, '"""', '"""Mine. ')
    assert kept(place) == written
    assert place.read(BASE).count("\n") == len(written) + 1


def test_fields_added_later_give_the_same_base_as_all_at_once(place: Place) -> None:
    place.run("add", "article", *EVERY)
    place.run("add", "article", "price:decimal/10/2:null", "mood:enum/good/bad=good")
    twice = place.read(BASE)
    place.git("clean", "-fdq")
    place.run("add", "article", *EVERY, "price:decimal/10/2:null", "mood:enum/good/bad=good")
    assert place.read(BASE) == twice
    assert kept(place) == there(place)


def test_a_dry_run_shows_no_compressed_text(place: Place) -> None:
    shown = place.run("add", "article", *EVERY, "--dry-run").output
    place.run("add", "article", *EVERY)
    assert BASE not in shown + place.run("remove", "article", "--dry-run").output


def test_edited_files_receive_changes_of_the_templates(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    _add_with_older_templates(place, monkeypatch)
    place.edit(SERVICE, '"""The use cases of articles."""', '"""Mine."""')
    place.commit()
    place.run("add", "article", "author:ref/user:null")
    service = place.read(SERVICE)
    assert "# older" not in service
    assert '"""Mine."""' in service
    assert "_check_references" in service
    assert len(kept(place)) == len(there(place))


def test_a_record_without_a_base_works_and_stores_only_unedited_files(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_with_older_templates(place, monkeypatch)
    (place.root / BASE).unlink()
    place.edit(SERVICE, '"""The use cases of articles."""', '"""Mine."""')
    place.commit()
    place.run("add", "article", "author:ref/user:null")
    assert "_check_references" in place.read(SERVICE)
    assert "# older" in place.read(SERVICE)
    assert set(there(place)) - set(kept(place)) == {SERVICE}


def _add_with_older_templates(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a slice whose service ends with a line that the current templates no longer have."""

    def older(view: Mapping[str, Any], project: Path | None = None) -> dict[str, str]:
        files = real(view, project)
        return files | {SERVICE: f"{files[SERVICE]}\n\n# older\n"}

    real = render.render
    with monkeypatch.context() as patched:
        patched.setattr(render, "render", older)
        place.run("add", "article", "title:str")


def test_two_branches_that_extend_a_resource_do_not_conflict_in_its_base(place: Place) -> None:
    shutil.copy(TEMPLATE / ".gitattributes", place.root)
    place.run("add", "article", "title:str")
    place.commit()
    place.git("checkout", "--quiet", "-b", "other")
    place.run("add", "article", "views:int=0")
    place.commit()
    theirs = kept(place)
    place.git("checkout", "--quiet", "main")
    place.run("add", "article", "note:str:null")
    place.commit()
    ours = kept(place)
    with pytest.raises(Exception, match="merge"):
        place.git("merge", "--quiet", "other")
    assert BASE not in place.git("diff", "--name-only", "--diff-filter=U").splitlines()
    for side, texts in (("--ours", ours), ("--theirs", theirs)):
        place.git("checkout", side, "--", RECORD)
        assert kept(place) == texts


@pytest.mark.parametrize(
    "line",
    [
        "{path}",
        "{path} ?",
        "{path} Zm9v",
        "{path} {other}",
        "{path} {bomb}",
        "{path} {cut}",
        "elsewhere.py {good}",
        "<<<<<<< ours",
        "\udcff",
    ],
)
def test_a_damaged_line_is_ignored(tmp_path: Path, line: str) -> None:
    path, text = "app/a.py", "a = 1\n"
    known = Record(
        parse(Description("article", ("title:str",))), {path: hash_of(text.encode()), "app/b.py": hash_of(b"b")}
    )
    good = base64.b64encode(bz2.compress(text.encode())).decode()
    other = base64.b64encode(bz2.compress(b"a = 2\n")).decode()
    bomb = base64.b64encode(bz2.compress(b"\n" * 10_000_000)).decode()
    (tmp_path / ".mkbackend").mkdir()
    lines = line.format(path=path, good=good, other=other, bomb=bomb, cut=good[:-8])
    place = tmp_path / known.base_path
    place.write_bytes(f"{lines}\n".encode(errors="surrogateescape"))
    assert base.read(tmp_path, known) == {}
    place.write_bytes(f"{lines}\r\n{base.written({path: text})}".encode(errors="surrogateescape"))
    assert base.read(tmp_path, known) == {path: text}
