"""Tests of `manual`: it lists and prints the pages of `docs/`."""

import json
from pathlib import Path

import pytest
from conftest import ROOT
from documents import require
from typer.testing import CliRunner

from mkbackend import cli, manual
from mkbackend.cli import complete

FILES = sorted((ROOT / "docs").glob("*.md"))


def test_it_lists_every_page_with_its_title() -> None:
    shown = CliRunner().invoke(cli.app, ["manual"]).stdout
    assert [line.split()[0] for line in shown.splitlines()] == [file.stem for file in FILES]
    assert "  Adding resources\n" in shown


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_prints_a_page_as_it_stands(file: Path) -> None:
    assert CliRunner().invoke(cli.app, ["manual", file.stem]).stdout == file.read_text("utf-8")


def test_it_reports_pages_to_programs() -> None:
    for words, count in ([], len(FILES)), (["adding"], 1):
        document = json.loads(CliRunner().invoke(cli.app, ["manual", *words, "--json"]).stdout)
        require("manual", [document])
        assert len(document["pages"]) == count


def test_a_page_that_does_not_exist_is_refused_with_those_that_do() -> None:
    done = CliRunner().invoke(cli.app, ["manual", "add"])
    assert done.exit_code == 2
    assert "no page 'add'" in done.stderr
    assert "Pages: adding, " in done.stderr


def test_a_package_without_pages_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(manual, "_PLACES", (tmp_path,))
    done = CliRunner().invoke(cli.app, ["manual"])
    assert (done.exit_code, "Reinstall mkbackend" in done.stderr) == (1, True)
    assert complete.pages() == []


def test_pages_are_completed() -> None:
    assert complete.pages() == [file.stem for file in FILES]
