"""Changes of responses and operations that break clients, and others."""

from typing import Any, Literal

import pytest
from fastapi import Depends, Response
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, ConfigDict

from scripts.api_operations import breaking_changes
from tests.apis import Fields, Rows, api

SIGNED_IN = [Depends(OAuth2PasswordBearer(tokenUrl="login"))]
ETAG: Any = {201: {"headers": {"ETag": {"schema": {"type": "string"}}}}}
OPEN, LOST = Literal["open", "shut"], Literal["open", "shut", "lost"]
PLACE = "POST /books/{id}"


class Page(BaseModel):
    """An item of a response."""

    number: int


class Cover(BaseModel):
    """Another item."""

    picture: str


class Part(BaseModel):
    """A node of a tree."""

    name: str
    parts: list["Part"]


class LaterPart(BaseModel):
    """The same node, later."""

    model_config = ConfigDict(title="Part")

    name: str | None
    parts: list["LaterPart"]


ROWS: Rows = [
    (
        "a field of a response is removed",
        {"returns": {"id": int, "title": str}},
        {"returns": {"id": int}},
        ["response Book.title: removed"],
    ),
    ("a response has a new field", {}, {"returns": {"id": int, "title": str}}, []),
    (
        "a field of a response may be null",
        {},
        {"returns": {"id": int | None}},
        ["response Book.id: may be null"],
    ),
    ("a field is never null", {"returns": {"id": int | None}}, {}, []),
    (
        "a field of a response may be missing",
        {},
        {"returns": {"id": (int, 0)}},
        ["response Book.id: may be missing"],
    ),
    (
        "a response has another value of an enum",
        {"returns": {"state": OPEN}},
        {"returns": {"state": LOST}},
        ["response Book.state: may be lost"],
    ),
    (
        "a response lacks a value of an enum",
        {"returns": {"state": LOST}},
        {"returns": {"state": OPEN}},
        ["response Book.state: lost removed"],
    ),
    (
        "a type of a response changes",
        {},
        {"returns": {"id": str}},
        ["response Book.id: may be string"],
    ),
    (
        "an item of a list may be null",
        {"returns": {"ids": list[int]}},
        {"returns": {"ids": list[int | None]}},
        ["response Book.ids[]: may be null"],
    ),
    (
        "a list has another kind of items",
        {"returns": {"items": list[Page]}},
        {"returns": {"items": list[Page | Cover]}},
        ["response Book.items[]: may be Cover"],
    ),
    (
        "a field of a tree may be null",
        {"returns": {"parts": list[Part]}},
        {"returns": {"parts": list[LaterPart]}},
        ["response Part.name: may be null"],
    ),
    ("a status changes", {}, {"status": 200}, [f"{PLACE}: 201 removed"]),
    (
        "a header is removed",
        {"responses": ETAG},
        {},
        [f"{PLACE}: 201 header ETag removed"],
    ),
    (
        "a media type changes",
        {},
        {"response_class": Response, "response_model": None},
        [f"{PLACE}: 201 application/json removed"],
    ),
    ("an error is declared", {}, {"responses": {409: {"description": "Taken"}}}, []),
    ("a path is new", {}, {"also": ["/authors"]}, []),
    ("a path is removed", {"also": ["/authors"]}, {}, ["GET /authors: removed"]),
    ("a path is renamed", {}, {"path": "/novels/{id}"}, [f"{PLACE}: removed"]),
    ("a method changes", {}, {"method": "PUT"}, [f"{PLACE}: removed"]),
    ("a parameter of a path is renamed", {}, {"path": "/books/{book_id}"}, []),
    (
        "a handler is renamed",
        {},
        {"name": "add_book"},
        [f"{PLACE}: operation id add_book, was create_book"],
    ),
    (
        "a sign-in is required",
        {},
        {"dependencies": SIGNED_IN},
        [f"{PLACE}: requires OAuth2PasswordBearer"],
    ),
    ("no sign-in is required", {"dependencies": SIGNED_IN}, {}, []),
    ("texts and tags change", {}, {"summary": "Add", "tags": ["Books"]}, []),
]


@pytest.mark.parametrize(
    ("old", "new", "found"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_changes_that_break_clients_are_found(
    old: Fields, new: Fields, found: list[str]
) -> None:
    assert breaking_changes(api(**old), api(**new)) == sorted(found)
