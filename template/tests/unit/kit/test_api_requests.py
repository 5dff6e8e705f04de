"""Changes of requests that break clients, and others."""

from typing import Annotated, Literal

import pytest
from pydantic import Field

from scripts.api_operations import breaking_changes
from tests.apis import Fields, Rows, api

SMALL, LARGE = Annotated[str, Field(max_length=9)], Annotated[str, Field(max_length=99)]
LOW, HIGH = Annotated[int, Field(ge=1)], Annotated[int, Field(ge=9)]
PATTERN = Annotated[str, Field(pattern="^[a-z]$")]
OPEN, LOST = Literal["open", "shut"], Literal["open", "shut", "lost"]
PLACE = "POST /books/{id}"

ROWS: Rows = [
    ("nothing", {}, {}, []),
    (
        "a field is removed",
        {"takes": {"title": str, "pages": (int, 0)}},
        {"takes": {"title": str}},
        ["request BookCreate.pages: removed"],
    ),
    (
        "a field is renamed",
        {"takes": {"title": str}},
        {"takes": {"name": (str, "")}},
        ["request BookCreate.title: removed"],
    ),
    ("an optional field is new", {}, {"takes": {"title": str, "isbn": (str, "")}}, []),
    (
        "a required field is new",
        {},
        {"takes": {"title": str, "isbn": str}},
        ["request BookCreate.isbn: required"],
    ),
    (
        "an optional field becomes required",
        {"takes": {"title": (str, "")}},
        {"takes": {"title": str}},
        ["request BookCreate.title: required"],
    ),
    ("a field becomes optional", {}, {"takes": {"title": (str, "")}}, []),
    (
        "a text gets shorter",
        {"takes": {"title": LARGE}},
        {"takes": {"title": SMALL}},
        ["request BookCreate.title: maxLength 9, was 99"],
    ),
    (
        "a text gets longer",
        {"takes": {"title": SMALL}},
        {"takes": {"title": LARGE}},
        [],
    ),
    (
        "a text gets a limit",
        {},
        {"takes": {"title": LARGE}},
        ["request BookCreate.title: maxLength 99, was none"],
    ),
    (
        "a minimum rises",
        {"takes": {"pages": LOW}},
        {"takes": {"pages": HIGH}},
        ["request BookCreate.pages: minimum 9, was 1"],
    ),
    ("a minimum falls", {"takes": {"pages": HIGH}}, {"takes": {"pages": LOW}}, []),
    (
        "null is no longer accepted",
        {"takes": {"title": str | None}},
        {"takes": {"title": str}},
        ["request BookCreate.title: no longer accepts null"],
    ),
    ("null is accepted", {}, {"takes": {"title": str | None}}, []),
    (
        "a value of an enum is no longer accepted",
        {"takes": {"state": LOST}},
        {"takes": {"state": OPEN}},
        ["request BookCreate.state: no longer accepts lost"],
    ),
    (
        "another value of an enum is accepted",
        {"takes": {"state": OPEN}},
        {"takes": {"state": LOST}},
        [],
    ),
    (
        "a text becomes an enum",
        {"takes": {"state": str}},
        {"takes": {"state": OPEN}},
        [
            "request BookCreate.state: no longer accepts values other than "
            "['open', 'shut']"
        ],
    ),
    (
        "a type changes",
        {"takes": {"pages": int}},
        {"takes": {"pages": str}},
        ["request BookCreate.pages: no longer accepts integer"],
    ),
    ("an integer becomes a number", {"takes": {"p": int}}, {"takes": {"p": float}}, []),
    (
        "a pattern is new",
        {},
        {"takes": {"title": PATTERN}},
        ["request BookCreate.title: pattern changed"],
    ),
    (
        "unknown fields are refused",
        {},
        {"strict": True},
        ["request BookCreate: no longer accepts other fields"],
    ),
    (
        "the body becomes required",
        {"optional_body": True},
        {},
        [
            f"{PLACE}: body required",
            f"{PLACE} application/json: no longer accepts null",
        ],
    ),
    ("a schema is renamed", {}, {"schema": "NewBook"}, []),
    ("an optional parameter is new", {}, {"query": {"lang": (str, "en")}}, []),
    (
        "a required parameter is new",
        {},
        {"query": {"lang": str}},
        [f"{PLACE}: query lang required"],
    ),
    (
        "a parameter is removed",
        {"query": {"lang": (str, "en")}},
        {},
        [f"{PLACE}: query lang removed"],
    ),
    (
        "a parameter gets a higher minimum",
        {"query": {"page": (LOW, 1)}},
        {"query": {"page": (HIGH, 9)}},
        [f"{PLACE}: query page: minimum 9, was 1"],
    ),
    (
        "a parameter is no longer null without a value",
        {"query": {"lang": (str | None, None)}},
        {"query": {"lang": (str, "")}},
        [],
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "found"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_changes_that_break_clients_are_found(
    old: Fields, new: Fields, found: list[str]
) -> None:
    assert breaking_changes(api(**old), api(**new)) == sorted(found)
