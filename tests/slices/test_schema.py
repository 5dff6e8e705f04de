"""Tests of the JSON schema of model files: it accepts the words that the grammar accepts in form."""

import json
import re
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # it has no types
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.errors import BadInputError
from mkbackend.slices.model import forms, model
from mkbackend.slices.model.schema import schema
from mkbackend.slices.resource.field_words import MODIFIERS, parse_field
from mkbackend.slices.types import TYPES

from .test_grammar import BAD, GOOD

EXAMPLES = Path(__file__).parents[2] / "examples"
FIELD = re.compile("|".join(forms.whole(pattern) for _, pattern in forms.fields()))
# An example of a default for each type, and the arguments with which the modifiers of a type differ.
DEFAULTS = {
    "bool": "true",
    "date": "2026-01-01",
    "datetime": "2026-01-01T00:00:00Z",
    "email": "ada@example.com",
    "enum": "x",
    "url": "https://example.com/",
    "uuid": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
}
ARGS = {"decimal": ["/3/1"], "enum": ["/x/y"], "ref": ["/user"], "many": ["/tag"], "str": ["", "/500", "/501"]}
# Reasons of the grammar that are no matter of form.
BEYOND = (
    "cannot name a field|Python keyword|SQL keyword|the default|more decimal places|are equal|a secret"
    "|an owner is a user"
)


def accepts(word: str) -> bool:
    return FIELD.search(word) is not None


def why_not(word: str) -> str:
    """Return the reason why the grammar refuses a word; empty if it does not."""
    try:
        parse_field(word)
    except BadInputError as error:
        return error.message
    return ""


def valid(found: dict[str, Any]) -> bool:
    return bool(Draft7Validator(schema()).is_valid(found))


def test_the_schema_is_valid() -> None:
    Draft7Validator.check_schema(schema())


def test_it_has_the_keys_of_a_table() -> None:
    assert schema()["definitions"]["resource"]["properties"].keys() == model.TABLE_KEYS.keys()


@pytest.mark.parametrize("word", GOOD.split())
def test_it_accepts_valid_words(word: str) -> None:
    assert accepts(word)


@pytest.mark.parametrize("word", [word for word, why in BAD.items() if not re.search(BEYOND, why_not(word) or why)])
def test_it_refuses_words_of_another_form(word: str) -> None:
    assert not accepts(word)


@pytest.mark.parametrize("name", TYPES)
def test_it_knows_the_modifiers_of_each_type(name: str) -> None:
    words = [f"{word}/b" if word == "after" else word for word in MODIFIERS]
    for args in ARGS.get(name, [""]):
        for size in range(4):
            for some in combinations(words, size):
                for end in ("", f"={DEFAULTS.get(name, '1')}"):
                    word = ":".join([f"a:{name}{args}", *some]) + end
                    assert accepts(word) == (not why_not(word)), word


PARTS = st.sampled_from(
    [
        *TYPES,
        *MODIFIERS,
        *"a:/=+.-_01x\n",
        "::",
        "/x/y",
        "/user",
        "/501",
        "/10/2",
        "/0010",
        "after/b",
        "null:null",
        "user",
    ]
)


@given(st.sampled_from(sorted(TYPES)), st.lists(PARTS, max_size=7).map("".join))
def test_it_accepts_what_the_grammar_accepts_in_form(name: str, rest: str) -> None:
    word = f"a:{name}{rest}"
    why = why_not(word)
    assert accepts(word) or why
    assert not accepts(word) or not why or re.search(BEYOND, why)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_it_accepts_the_examples(path: Path) -> None:
    assert list(Draft7Validator(schema()).iter_errors(tomllib.loads(path.read_text(encoding="utf-8")))) == []


TABLE = {"fields": ["title:str"]}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"auth": "catalogue", "plural": "folk", "soft_delete": False},
        {"read": "public", "write": "owner+moderator"},
        {"unique": ["a+b"], "no_overlap": ["a..b", "c+d+a..b"], "transitions": ["a:b", "a:b=go", "In-Stock:sold_out"]},
        {"fields": ["a:str", {"field": "b:int", "was": "c"}]},
    ],
)
def test_it_accepts_tables(more: dict[str, Any]) -> None:
    assert valid({"article": {**TABLE, **more}})


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"article": 1},
        {"Article": TABLE},
        {"a" * 31: TABLE},
        {"article": {}},
        {"article": {"fields": []}},
        {"article": {**TABLE, "name": "article"}},
        {"article": {**TABLE, "auth": "everyone"}},
        {"article": {**TABLE, "read": "user+owner"}},
        {"article": {**TABLE, "read": "owner+owner"}},
        {"article": {**TABLE, "write": "public"}},
        {"article": {**TABLE, "soft_delete": "no"}},
        {"article": {**TABLE, "unique": ["a"]}},
        {"article": {**TABLE, "no_overlap": ["a+b"]}},
        {"article": {**TABLE, "transitions": ["a"]}},
        {"article": {"fields": [{"field": "b:int"}]}},
        {"article": {"fields": [{"field": "b:int", "was": "C"}]}},
    ],
)
def test_it_refuses_other_tables(found: dict[str, Any]) -> None:
    assert not valid(found)


def test_the_command_prints_it() -> None:
    assert json.loads(CliRunner().invoke(cli.app, ["model", "--schema"]).stdout) == schema()
