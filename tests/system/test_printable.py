"""Tests of untrusted text: control characters are escaped on the terminal, and words quoted in commands."""

import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.doctor import interpreter
from mkbackend.errors import MkbackendError
from mkbackend.screen import Screen
from mkbackend.system.printable import on_one_line, printable
from mkbackend.system.programs import typed

HOSTILE = "a\x1b[2J\x1b]0;title\x07\r\x9b1m\u202e\x7f\udcff"
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


def is_harmless(shown: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in shown)


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    assert is_harmless(on_one_line(text))
    assert is_harmless(printable(text).replace("\n", "").replace("\t", ""))


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert on_one_line(text) == printable(text) == text


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@settings(max_examples=25)
@given(st.lists(NAMES, min_size=1, max_size=5))
def test_a_quoted_command_has_the_same_words_in_bash_and_fits_one_line(words: list[str]) -> None:
    command = typed("printf", "%s\\0", *words)
    assert is_harmless(command)
    done = subprocess.run(("bash", "-c", command), capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert done.stdout.decode().split("\0")[:-1] == words


@pytest.mark.skipif(os.name == "nt", reason="file names are text on Windows")
def test_an_undecodable_name_can_be_quoted() -> None:
    done = subprocess.run(("bash", "-c", typed("printf", "%s", "a\udcff")), capture_output=True, check=True)
    assert done.stdout == b"a\xff"


def test_the_screen_escapes_untrusted_text(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.say(HOSTILE)
    screen.plain(HOSTILE)
    screen.warn(HOSTILE, HOSTILE)
    screen.finding("wrong", HOSTILE, HOSTILE, HOSTILE)
    screen.tree(HOSTILE, [Path("x", HOSTILE)])
    screen.fail(MkbackendError(HOSTILE, HOSTILE))
    screen.made = Path()
    screen.end({"command": HOSTILE, "next": [HOSTILE]})
    with screen.step(HOSTILE):
        pass
    shown = "".join(capsys.readouterr())
    assert is_harmless(shown.replace("\n", ""))
    assert shown.count("\\x1b[2J") == 14


def test_a_message_is_one_line() -> None:
    assert MkbackendError("It failed.\n  Error: not ours\r\n").message == "It failed. Error: not ours"


@pytest.mark.parametrize("command", ["status", "update", "doctor"])
def test_the_source_in_a_projects_answers_is_quoted(tmp_path: Path, command: str) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    Path(".copier-answers.yml").write_text('_src_path: "https://x/t;id \\e[2J\\n"\n_commit: v1\n')
    subprocess.run(["git", "add", "--all"], check=True)
    subprocess.run(["git", "commit", "--quiet", "--message", "x"], check=True)
    shown = CliRunner().invoke(cli.app, [command]).output
    assert "\x1b" not in shown
    assert "--template $'https://x/t;id \\x1b[2J\\n'" in shown


def test_the_python_in_a_projects_version_file_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "uv_on_path", lambda _: "uv")
    monkeypatch.setattr(interpreter, "answer", lambda *_, **__: "")
    Path(".python-version").write_text("3.12;id")
    assert interpreter.look(Path()).fix == "uv python install '3.12;id'"
