"""The command that refuses changes of the API: accepted ones, and the base."""

import subprocess
from pathlib import Path

import pytest

from scripts.api_changes import UnknownBaseError, extract, judge, read_accepted

REMOVED, RENAMED = "GET /books: removed", "request Book.title: removed"


def commit(repository: Path) -> None:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in ("init --quiet", "add .", "commit --quiet --message step"):
        command = ("git", *names, *words.split())
        subprocess.run(command, cwd=repository, check=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project in a folder of a repository, with a second commit."""
    project = tmp_path / "services" / "shop"
    main = project / "app" / "main.py"
    main.parent.mkdir(parents=True)
    (tmp_path / "README.md").write_text("Services\n")
    commit(tmp_path)
    main.write_text("old = True\n")
    commit(tmp_path)
    main.write_text("new = True\n")
    monkeypatch.chdir(project)
    return project


def test_a_commit_is_extracted_without_the_rest_of_its_repository(
    project: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    assert extract("HEAD", there)
    assert [path.name for path in there.iterdir()] == ["app"]
    assert (there / "app" / "main.py").read_text() == "old = True\n"


def test_before_the_first_commit_of_the_api_there_is_nothing_to_compare(
    project: Path, tmp_path: Path
) -> None:
    assert not extract("HEAD^", tmp_path / "there")


def test_a_commit_outside_of_a_shallow_clone_is_named(
    project: Path, tmp_path: Path
) -> None:
    with pytest.raises(UnknownBaseError, match="HEAD~9 is no commit of this clone"):
        extract("HEAD~9", tmp_path / "there")


def test_a_change_is_refused_with_the_line_that_accepts_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert judge([REMOVED, RENAMED], {RENAMED: "Nobody sends it"}) == 1
    output = capsys.readouterr().out
    assert f"accepted: {RENAMED} (Nobody sends it)\n" in output
    assert f'"{REMOVED}" = ""\n' in output


def test_accepted_changes_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge([REMOVED], {REMOVED: "Nobody calls it"}) == 0
    assert "The API has no other breaking changes." in capsys.readouterr().out


def test_an_entry_that_matches_no_change_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After the merge, the next pull request has it, too: it is no error."""
    assert judge([], {REMOVED: "Nobody calls it"}) == 0
    output = capsys.readouterr().out
    assert f"no longer needed: {REMOVED}\nThe API has no breaking changes.\n" in output


@pytest.mark.parametrize("reason", ['""', '" "', "1"])
def test_an_entry_needs_a_reason(tmp_path: Path, reason: str) -> None:
    path = tmp_path / "accepted.toml"
    assert read_accepted(path) == {}
    path.write_text(f'"{REMOVED}" = {reason}\n')
    with pytest.raises(ValueError, match=f"'{REMOVED}' needs a reason"):
        read_accepted(path)
    path.write_text(f'"{REMOVED}" = "Nobody calls it"\n')
    assert read_accepted(path) == {REMOVED: "Nobody calls it"}
