"""Tests of changes that are refused, with the reason and the fix."""

import pytest

from .bookings import RECORD, change
from .conftest import Place, Refused


def test_a_field_cannot_take_a_column_that_is_kept(booking: Place, refused: Refused) -> None:
    change(booking, "--drop", "body")
    assert "First mkbackend change booking --contract" in refused("add", "booking", "body:text:null")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "Nothing to change is given"),
        (["seats:int"], "booking has no field 'seats'"),
        (["guests:int"], "booking has this field already"),
        (["guests"], "the field has no type"),
        (["guests:str"], "int cannot become str"),
        (["guests:int:list"], "one value cannot become a list"),
        (["guests:int:after/views"], "the previous release would fail"),
        (["guests:int:column/other"], "its column is guests, and stays"),
        (["title:str/40"], "rows may be longer"),
        (["price:decimal/8/2"], "rows may have more digits"),
        (["price:decimal/12/2:null"], "these are two changes in stages"),
        (["status:enum/draft/archived"], "rows may have the value published"),
        (["status:enum/-draft"], "'-draft' is no new value"),
        (["status:enum/+lost=draft"], "+ adds values only"),
        (["status:enum/draft/published/lost=lost"], "the previous release cannot read this default"),
        (["note:text"], "existing rows may have null"),
        (["note:text", "--fill", "a$b"], "a $ would end the trigger's text"),
        (["note:text", "--fill", ""], "is not a valid text"),
        (["title:str/90", "--fill", "x"], "no field becomes required"),
        (["--drop", "seats"], "booking has no field 'seats'"),
        (["--rename", "guests"], "Use --rename guests:visitors"),
        (["--rename", "guests:views"], "'views' is defined twice"),
        (["--rename", "guests:self"], "'self' cannot name a field"),
        (["--rename", "guests:guests"], "the field has this name already"),
        (["--contract"], "no change of booking waits for it"),
        (["--contract", "guests:bigint"], "--contract takes no further change"),
    ],
)
def test_an_unsafe_or_invalid_change_is_refused(booking: Place, refused: Refused, words: list[str], why: str) -> None:
    assert why in refused("change", "booking", *words)


@pytest.mark.parametrize(
    ("fields", "words", "why"),
    [
        (["writer:ref/user"], ["--drop", "writer"], "Release mkbackend change note writer:ref/user:null first"),
        (["writer:ref/user:null"], ["writer:ref/user", "--fill", "x"], "cannot be filled with one value"),
        (["code:str:null:unique"], ["code:str:unique", "--fill", "x"], ":unique excludes one value for all rows"),
        (["a:ref/user"], ["a:ref/note:null"], "a reference cannot lead elsewhere"),
        (["a:int:list"], ["a:bigint:list"], "a wider list would rewrite the table"),
        (["a:int:unique"], ["a:bigint:unique"], "which two columns cannot share"),
        (["a:int", "b:int:after/a"], ["a:bigint"], "which two columns cannot share"),
        (["a:int", "b:int:after/a"], ["--drop", "a"], "First mkbackend change note b:int"),
        (["a:ref/user:owner"], ["a:ref/user:null"], "the owner of rows cannot change"),
        (["a:ref/user:owner"], ["--rename", "a:b"], "it cannot be renamed"),
        (["many:many/tag"], ["--drop", "many"], "a link is a table"),
        (["many:many/tag"], ["many:text"], "a link cannot change"),
    ],
)
def test_a_change_that_constraints_forbid_is_refused(
    place: Place, refused: Refused, fields: list[str], words: list[str], why: str
) -> None:
    place.run("add", "tag", "name:str")
    place.run("add", "note", "title:str", *fields, "--allow-dirty")
    place.commit()
    assert why in refused("change", "note", *words)


def test_the_last_field_that_requests_set_cannot_go(place: Place, refused: Refused) -> None:
    place.run("add", "note", "title:str", "views:int:readonly")
    place.commit()
    assert "would have no field that requests set" in refused("change", "note", "--drop", "title")


def test_a_resource_that_would_shadow_a_name_of_kept_columns_is_refused(place: Place, refused: Refused) -> None:
    place.run("add", "column", "title:str", "text_of:str")
    place.commit()
    assert "its slice would use that name" in refused("change", "column", "--drop", "title")


def test_two_fields_cannot_share_one_fill(place: Place, refused: Refused) -> None:
    place.run("add", "note", "title:str:null", "text_of:str:null")
    place.commit()
    assert "several fields become required" in refused("change", "note", "title:str", "text_of:str", "--fill", "x")


def test_a_field_waits_for_its_contract(booking: Place, refused: Refused) -> None:
    change(booking, "title:str/80:unique")
    for words in (["title:str/80"], ["--drop", "title"], ["--rename", "title:name"]):
        assert "When it is: mkbackend change booking --contract" in refused("change", "booking", *words)


def test_a_damaged_change_in_a_record_is_named(booking: Place, refused: Refused) -> None:
    change(booking, "--drop", "body")
    booking.edit(RECORD, 'kind = "drop"', 'kind = "eat"')
    assert "unknown kind of change 'eat'" in refused("change", "booking", "--contract", "--allow-dirty")


def test_an_enum_cannot_be_renamed_in_a_project_of_an_older_template(booking: Place, refused: Refused) -> None:
    booking.edit("app/domain/models/base.py", "    column: str | None = None,\n", "")
    booking.commit()
    assert "cannot name a column" in refused("change", "booking", "--rename", "status:state")


def test_uncommitted_changes_and_unknown_resources_are_refused(booking: Place, refused: Refused) -> None:
    assert "was not added" in refused("change", "nothing", "a:int")
    booking.edit("app/main.py", '"""', '"""Mine. ')
    assert "app/main.py" in refused("change", "booking", "title:str/300")


@pytest.mark.parametrize("word", ["a:int:column/", "a:int:column/id", "a:int:column/select", "a:int:column/b:column/c"])
def test_a_column_that_a_table_cannot_have_is_refused(refused: Refused, word: str) -> None:
    assert "column" in refused("add", "note", word)


def test_two_fields_cannot_have_one_column(refused: Refused) -> None:
    assert "have one column" in refused("add", "note", "a:int", "b:int:column/a")
