"""Tests of slices that an update leaves alone, and of what it never changes in a slice."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.slices.rendering import render
from mkbackend.slices.resource.resource import EDITION

from .conftest import Project, Template
from .sliced import BASE, EXTRA, MODEL, OLDER, RECORD, ROUTER, SERVICE, TEST, add, add_older, edit, known, texts

SCHEMAS = "app/domain/schemas/article.py"


@pytest.mark.parametrize("damage", ["name = 1\n", "not TOML", 'name = "article"\nfields = ["title:what"]\n[files]\n'])
def test_a_damaged_record_is_named_and_the_others_are_refreshed(sliced: Project, damage: str) -> None:
    add_older(sliced, "note", "title:str")
    add_older(sliced, "remark", "of:ref/article")
    before = texts(sliced)
    sliced.edit({RECORD: damage})
    output = sliced.update()
    assert "Slices brought up to date:\n  note: 1 file\n" in output
    assert f"  article: {RECORD} is not a valid record: " in output
    assert "  remark: of:ref/article: the record of article is damaged. Restore it.\n" in output
    assert {path: sliced.read(path) for path in before} == before


def test_a_slice_whose_target_is_gone_is_named(fresh: Project) -> None:
    add_older(fresh, "writer", "name:str")
    add_older(fresh, "article", "title:str", "writer:ref/writer")
    before = texts(fresh)
    fresh.edit(dict.fromkeys((".mkbackend/writer.toml", "app/domain/models/writer.py")))
    assert "  article: writer:ref/writer: unknown resource 'writer'." in fresh.update()
    assert texts(fresh) == before


def test_a_model_in_conflict_leaves_all_slices_for_the_next_update(sliced: Project) -> None:
    before = texts(sliced)
    sliced.edit({"app/domain/models/mine.py": "<<<<<<< mine\n"})
    assert "Slices skipped:\n  all: Cannot read " in sliced.update()
    assert texts(sliced) == before
    sliced.edit({"app/domain/models/mine.py": "mine = 1\n"})
    assert "article: 4 files\n" in sliced.update()


def test_settings_of_ruff_in_conflict_leave_all_slices(sliced: Project) -> None:
    edit(sliced, "pyproject.toml", '"loguru>=0.7",\n', '"loguru>=0.8",\n')
    before = texts(sliced)
    assert (
        "  all: pyproject.toml is in conflict. Resolve it, commit, then run mkbackend update again.\n"
        in sliced.update(code=1)
    )
    assert texts(sliced) == before


def test_an_untracked_file_in_the_way_of_a_new_one_is_kept(sliced: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    real = render.render
    path = "tests/calls/article.py"
    monkeypatch.setattr(render, "render", lambda view, *_: real(view) | {path: "NEW = 1\n"})
    sliced.edit({path: "mine\n"}, commit=False)
    assert f"  article: {path} is in the way, and is not in git." in sliced.update()
    assert sliced.read(path) == "mine\n"
    (sliced.root / path).unlink()
    sliced.edit({})
    sliced.update()
    assert sliced.read(path) == "NEW = 1\n"
    assert path in known(sliced).files


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_a_file_behind_a_link_is_kept(sliced: Project, tmp_path: Path) -> None:
    shutil.move(sliced.root / SERVICE, tmp_path / "mine.py")
    (sliced.root / SERVICE).symlink_to(tmp_path / "mine.py")
    sliced.commit({})
    assert f"{SERVICE} is a symbolic link" in sliced.update()
    assert OLDER[SERVICE][1] in (tmp_path / "mine.py").read_text("utf-8")


def test_a_file_in_another_encoding_is_kept(sliced: Project) -> None:
    sliced.edit({SERVICE: b"# caf\xe9\n"})
    assert "  article: article_service.py is not UTF-8: " in sliced.update()
    assert (sliced.root / SERVICE).read_bytes() == b"# caf\xe9\n"


def test_an_edited_file_that_the_templates_dropped_is_a_conflict(sliced: Project) -> None:
    sliced.edit({EXTRA: "MORE = 2\n"})
    assert f"  {EXTRA}: changed here, gone from the templates\n" in sliced.update(code=1)
    assert sliced.read(EXTRA) == "MORE = 2\n"


def test_layout_and_wire_format_stay(fresh: Project) -> None:
    types = "app/domain/schemas/types.py"
    fresh.edit({types: "Int8Text = 1\n"})
    add_older(fresh, "article", "slug:str:unique", "views:bigint:number=0", "--auth", "owner")
    # A record of 0.7: no edition, and a bigint is a number.
    text = fresh.read(RECORD).replace(f"edition = {EDITION}\ngrammar = 2\n", "").replace("bigint:number", "bigint")
    fresh.edit({RECORD: text, BASE: None})
    fresh.update()
    assert "edition = 1\ngrammar = 2\n" in fresh.read(RECORD)
    assert '"views:bigint:number=0"' in fresh.read(RECORD)
    assert "Int8Text" not in fresh.read(SCHEMAS)
    unique = re.search(r'"uq_articles_slug",(.*?)unique=True', fresh.read(MODEL), re.DOTALL)
    assert unique
    assert "owner_id" not in unique[1]
    assert "FILTERS" not in fresh.read("app/repository/article_repository.py")


def test_a_current_project_has_its_slices_refreshed(project: Project) -> None:
    project.update()
    project.commit({})
    project.edit(dict.fromkeys(("app/container.py", "app/repository/filters.py", "app/domain/roles.py"), ""))
    project.edit(dict.fromkeys(("app/domain/schemas/types.py", "tests/slices/__init__.py", "tests/fakes/base.py"), ""))
    assert "Nothing to do" in project.update()
    add_older(project, "article", "title:str")
    assert "0.2.0 to 0.2.0, staged, not committed:\n  no changes\n" in project.update()
    assert OLDER[SERVICE][0] in project.read(SERVICE)


def test_an_update_to_an_older_version_leaves_slices(sliced: Project, template: Template) -> None:
    template.release("0.3.0")
    assert "Slice" not in sliced.update("--to", "0.2.0")
    assert OLDER[SERVICE][1] in sliced.read(SERVICE)
    sliced.commit({})
    assert "article: 4 files" in sliced.update("--to", "0.3.0")


def test_status_names_slices_that_are_behind(sliced: Project) -> None:
    add(sliced, "note", "title:str")
    for option, expected in (([], "Slices behind today's templates: article."), (["--json"], '"slices": ["article"]')):
        assert expected in CliRunner().invoke(cli.app, ["status", str(sliced.root), *option]).stdout
    sliced.commit({})
    sliced.update()
    assert "Slices" not in CliRunner().invoke(cli.app, ["status", str(sliced.root)]).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="make")
def test_verify_sees_the_refreshed_slices(sliced: Project) -> None:
    make = f"install:\nlint:\n\t@grep -q 'Use cases' {SERVICE}\ntest:\n\t@test ! -f {EXTRA}\n"
    sliced.edit({"GNUmakefile": make})
    assert "article: 4 files" in sliced.update("--verify")


def test_a_project_in_a_folder_has_its_slices_refreshed(sliced: Project, tmp_path: Path) -> None:
    edit(sliced, TEST, '"""', '"""Mine. ')
    top = Project(tmp_path / "top")
    shutil.copytree(sliced.root, top.root / "services/shop", ignore=shutil.ignore_patterns(".git"))
    top.git("init", "--quiet", "--initial-branch=main")
    top.commit({})
    shop = Project(top.root / "services/shop")
    output = shop.update()
    assert "article: 4 files\n" in output
    assert OLDER[ROUTER][0] in shop.read(ROUTER)
    assert shop.read(TEST).startswith('"""Mine. ')
    shop.undo(output)
    assert top.status() == {}
