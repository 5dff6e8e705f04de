"""Tests that any name or description is written unchanged, into valid files."""

import re
import shutil
import tomllib
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from .conftest import ROOT, TEMPLATE

# The characters that the questions accept: no control characters except newline and tab, and valid in UTF-8 and YAML.
_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
_NASTY = st.sampled_from(
    [*"\"'\\`#{}%$<>&*_[]()!|~:-+=.;\t ", "{{", "}}", "{%", "{#", "'''", '"""', "---", "1. ", "  \n"]
)
_WORDS = st.sampled_from(
    ["שלום", "مرحبا", "😀", "👩‍👩‍👧", "é", "e\u0301", "日本", "\u202e", "https://x.y/z", "a@b.c", "word", "&amp;"]
)


def _text(most: int, *more: str) -> st.SearchStrategy[str]:
    pieces = st.one_of(_CHARACTERS, _NASTY.filter(lambda text: "\n" not in text), _WORDS, *map(st.just, more))
    return st.lists(pieces, max_size=40).map(lambda parts: "".join(parts)[:most])


NAMES = _text(100).map(lambda text: re.sub(r"[/\\\t]", "", text)).filter(str.strip)
LONG = _text(500, "\n", "\n\n", "\n# ", "\n- ", "\n    ", "\n> ", "\n```\n", "\n===\n", "\n1) ")
ATOM = r"[A-Za-z0-9_%+-]{1,8}"
EMAILS = st.just("") | st.from_regex(rf"\A{ATOM}(\.{ATOM})?@[a-z0-9]{{1,8}}(-[a-z0-9]{{1,4}})?\.[a-z]{{2,4}}\Z")


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that renders only the files with answers."""
    import copier

    source = tmp_path_factory.mktemp("answers-only")
    shutil.copy(ROOT / "copier.yml", source)
    for path in TEMPLATE.rglob("*.jinja"):
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    target = tmp_path_factory.mktemp("written")

    def write(**answers: str) -> Path:
        data = {"project_slug": "my_app", **answers}
        copier.run_copy(
            str(source), target, data=data, defaults=True, overwrite=True, quiet=True, settings=copier.Settings()
        )
        return target

    return write


@given(name=NAMES, description=LONG, author=_text(100, "\n"), email=EMAILS)
@example(name="{{ 7 * 7 }}", description="{% raw %}", author="{# none #}", email="")
@example(name="# [My](x) <b>App", description="a\\\n===\n\n1. b\n\n    c\n\n> d\n```\n|e|\n-|-", author='"\\', email="")
@example(name="שלום 😀", description="\u202eabc & &amp; https://example.com 'quoted' \"", author="עדה", email="a@b.co")
def test_free_text_is_preserved(
    write: Callable[..., Path], name: str, description: str, author: str, email: str
) -> None:
    answers = {"project_name": name, "description": description, "author_name": author, "author_email": email}
    project = write(**answers)

    pyproject = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    assert pyproject["project"]["description"] == description
    assert pyproject["tool"]["app"]["PROJECT_NAME"] == name
    assert pyproject["tool"]["app"]["PROJECT_DESCRIPTION"] == description
    (people,) = pyproject["project"].get("authors") or [{}]
    assert people.get("name", "") == " ".join(author.split())
    assert people.get("email", "") == email == parseaddr(email)[1]

    kept = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))
    assert kept.items() >= answers.items()

    title, *_, rest = shown((project / "README.md").read_text("utf-8"))
    assert title == " ".join(name.split())
    assert rest.startswith(" ".join(description.split()))

    holder = author if author.strip() else name
    assert " ".join(holder.split()) in " ".join((project / "LICENSE").read_text("utf-8").split())

    for line in (project / ".env.example").read_text("utf-8").splitlines():
        assert re.fullmatch(r"|#.*|[A-Z_]+=\S*", line)


def shown(markdown: str) -> tuple[str, str]:
    """Return the heading and the rest of a Markdown text as a browser shows them, with single spaces."""
    tokens = MarkdownIt().parse(markdown)
    assert [token.type for token in tokens[:3]] == ["heading_open", "inline", "heading_close"]
    return _words(tokens[1:2]), _words(tokens[3:])


def _words(tokens: list[Token]) -> str:
    text = "".join(
        _inline(token) + " " if token.type == "inline" else "" if token.type != "html_block" else "<html>"
        for token in tokens
    )
    return " ".join(text.split())


def _inline(token: Token) -> str:
    breaks = {"softbreak": " ", "hardbreak": " "}
    return "".join(breaks.get(child.type, child.content) for child in token.children or [])
