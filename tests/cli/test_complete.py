"""Tests of completion in the shell."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Checkout

from cli.command import environment, posix

TYPES = ["ref/user", "ref/article", "ref/note"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory, a project with two resources."""
    records = tmp_path / "shop" / ".mkbackend"
    records.mkdir(parents=True)
    for name in ("article.toml", "note.toml", "note.base"):
        (records / name).touch()
    monkeypatch.chdir(records.parent)
    return records.parent


def complete(checkout: Checkout, words: str, number: int) -> list[str]:
    """Return the completions of the word with this number; words are split as by bash, also at colons."""
    env = {"_MKBACKEND_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    script = "from mkbackend.cli import app; app(prog_name='mkbackend')"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(checkout, **env), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@posix
@pytest.mark.parametrize(
    ("words", "number", "expected"),
    [
        ("mkbackend ne", 1, ["new"]),
        ("mkbackend remove ", 2, ["article", "note"]),
        ("mkbackend add n", 2, ["note"]),
        ("mkbackend add note title", 3, []),
        ("mkbackend add note title : st", 5, ["str"]),
        ("mkbackend add note writer:ref", 3, [f"writer:{name}" for name in TYPES]),
        ("mkbackend add note title : str/200 : u", 7, ["unique"]),
        ("mkbackend add note views:bigint:nu", 3, ["views:bigint:null", "views:bigint:number"]),
        ("mkbackend add note title:str:c", 3, []),
        ("mkbackend add note title:nothing:c", 3, []),
        ("mkbackend add note --auth ", 4, ["user", "public", "owner", "admin"]),
    ],
)
def test_a_word_is_completed(checkout: Checkout, shop: Path, words: str, number: int, expected: list[str]) -> None:
    assert complete(checkout, words, number) == expected


@posix
def test_resources_are_those_of_the_named_project(
    checkout: Checkout, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    assert complete(checkout, "mkbackend remove ", 2) == []
    assert complete(checkout, "mkbackend remove --project shop ", 4) == ["article", "note"]


@posix
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_valid(checkout: Checkout, tmp_path: Path, shell: str) -> None:
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not here")
    env = {"_MKBACKEND_COMPLETE": f"source_{shell}"}
    script = "from mkbackend.cli import app; app(prog_name='mkbackend')"
    shown = subprocess.run(
        [sys.executable, "-c", script], env=environment(checkout, **env), capture_output=True, text=True, check=False
    )
    (tmp_path / "completion").write_text(shown.stdout)
    assert "mkbackend" in shown.stdout
    assert subprocess.run([program, "-n", "completion"], cwd=tmp_path, check=False).returncode == 0
