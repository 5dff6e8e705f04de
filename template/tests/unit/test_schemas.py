"""Validation of requests."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import MISSING, TypeAdapter, ValidationError

from app.domain.models.user import User
from app.domain.schemas.account import AccountUpdate, RegisterRequest
from app.domain.schemas.base import MOST_FIELDS, UNSET, RequestSchema
from app.domain.schemas.types import MOST_URL, HttpUrlText
from app.domain.schemas.user import (
    PRIVATE,
    CanonicalEmail,
    FullName,
    UserCreate,
    UserListParams,
    UserResponse,
    UserUpdate,
)
from app.repository.user_repository import SORTABLE
from tests.conftest import PASSWORD
from tests.people import ADA


@pytest.mark.parametrize(
    "change",
    [
        {"email": "not an address"},
        {"email": "a" * 250 + "@example.com"},
        {"email": "ada@nowhere.test"},
        {"email": "Ada <ada@example.com>"},
        {"password": "short"},
        {"password": "x" * 129},
        {"password": "NUL \x00 inside"},
        {"full_name": ""},
        {"full_name": "   "},
        {"full_name": "x" * 101},
        {"full_name": "NUL \x00"},
        {"full_name": "\ud800"},
        {"role": "owner"},
        {"is_superuser": True},
    ],
)
def test_an_invalid_user_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        UserCreate.model_validate(ADA | change)


def test_a_flood_of_unknown_fields_is_one_error() -> None:
    with pytest.raises(ValidationError) as refused:
        UserCreate.model_validate({str(n): n for n in range(MOST_FIELDS + 1)})
    assert refused.value.error_count() == 1


def test_names_are_stripped_and_passwords_are_not() -> None:
    user = UserCreate.model_validate(
        ADA | {"full_name": " Ada ", "password": f" {PASSWORD} "}
    )
    assert (user.full_name, user.password) == ("Ada", f" {PASSWORD} ")


@pytest.mark.parametrize("value", [0, 1, "true", "no"])
def test_is_active_takes_only_a_boolean(value: object) -> None:
    with pytest.raises(ValidationError):
        UserUpdate.model_validate({"is_active": value})


def test_the_json_schema_has_the_patterns() -> None:
    fields = UserCreate.model_json_schema()["properties"]
    assert not re.search(fields["full_name"]["pattern"], " \t")
    assert re.search(fields["full_name"]["pattern"], " Ada ")
    assert re.search(fields["email"]["not"]["pattern"], "ada@nowhere.test")
    assert not re.search(fields["email"]["not"]["pattern"], "ada@test.example.com")


def test_equal_emails_have_one_canonical_form() -> None:
    email = TypeAdapter(CanonicalEmail)
    for typed in (" Ada@Example.com", "ada@EXAMPLE.COM"):
        assert email.validate_python(typed) == "ada@example.com"
    assert email.validate_python("Ada@xn--bcher-kva.example") == "ada@bücher.example"


@pytest.mark.parametrize("value", ["ada", "ada@nowhere.test", "Ada <ada@example.com>"])
def test_an_invalid_email_has_no_canonical_form(value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(CanonicalEmail).validate_python(value)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://example.com", "https://example.com/"),
        (
            " HTTP://Bücher.example:80/ü?q=ä b",
            "http://xn--bcher-kva.example/%C3%BC?q=%C3%A4%20b",
        ),
        ("https://example.com/a\x00b", "https://example.com/a%00b"),
    ],
)
def test_a_url_is_normalised_ascii_text(given: str, stored: str) -> None:
    url = TypeAdapter(HttpUrlText)
    assert url.validate_python(given) == url.validate_python(stored) == stored
    assert url.dump_python(stored) == stored


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "ftp://example.com/",
        "javascript:alert(1)",
        1,
        "https://example.com/" + "x" * MOST_URL,
        # It is too long once it is normalised.
        "https://example.com/" + "ü" * (MOST_URL // 2),
    ],
)
def test_an_invalid_or_too_long_url_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(HttpUrlText).validate_python(value)


COLUMNS = {column.key: column for column in User.__table__.columns}
CHANGES = [(s, f) for s in (UserUpdate, AccountUpdate) for f in s.model_fields]


@pytest.mark.parametrize(("schema", "field"), CHANGES)
def test_every_field_is_optional_and_nullable_as_its_column_is(
    schema: type[RequestSchema], field: str
) -> None:
    assert schema().model_dump(exclude_unset=True) == {}
    taken = True
    try:
        schema.model_validate({field: None})
    except ValidationError:
        taken = False
    nullable = field in COLUMNS and COLUMNS[field].nullable
    assert taken == nullable, f"{field} xor its column is nullable: docs/field.md"


def test_an_optional_field_has_no_default_and_is_not_nullable() -> None:
    schema = UserUpdate.model_json_schema()
    assert "required" not in schema
    assert schema["properties"]["is_active"] == {
        "title": "Is Active",
        "type": "boolean",
    }
    change = UserUpdate(is_active=True)
    assert (change.full_name, change.is_active) == (MISSING, True)
    assert change.model_dump(exclude_unset=True) == {"is_active": True}


class OldChange(RequestSchema):
    """A change as written before MISSING existed."""

    full_name: FullName = UNSET
    email: FullName | None = UNSET


def test_fields_with_the_old_default_behave_the_same() -> None:
    assert OldChange().model_dump(exclude_unset=True) == {}
    assert OldChange(email=None).model_dump(exclude_unset=True) == {"email": None}
    schema = OldChange.model_json_schema()
    assert "required" not in schema
    assert "default" not in schema["properties"]["full_name"]
    with pytest.raises(ValidationError):
        OldChange.model_validate({"full_name": None})


def test_every_column_is_in_the_response_or_private() -> None:
    known = UserResponse.model_fields.keys() | PRIVATE
    forgotten = sorted(COLUMNS.keys() - known)
    hint = "are neither in UserResponse nor in PRIVATE: docs/field.md"
    assert not forgotten, f"{forgotten} {hint}"
    assert not UserResponse.model_fields.keys() & PRIVATE
    assert COLUMNS.keys() == known


@pytest.mark.parametrize(
    "schema", [UserCreate, RegisterRequest, UserUpdate, AccountUpdate]
)
def test_every_request_field_is_a_column(schema: type[RequestSchema]) -> None:
    # A password is stored as its hash.
    others = sorted(schema.model_fields.keys() - COLUMNS.keys() - {"password"})
    assert not others, f"{others} of {schema.__name__} are no columns of users"


@pytest.mark.parametrize(
    "query",
    [
        {"page": 0},
        {"page": 2**63},
        {"limit": 0},
        {"limit": 101},
        {"sort_by": "password_hash"},
        {"sort_by": "metadata"},
        {"sort_order": "foo"},
        {"search": "NUL \x00"},
        {"unknown": 1},
    ],
)
def test_an_invalid_list_query_is_refused(query: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        UserListParams.model_validate(query)


def test_a_query_sorts_by_the_repositorys_sortable_columns() -> None:
    schema = UserListParams.model_json_schema()
    assert set(schema["properties"]["sort_by"]["enum"]) == set(SORTABLE)


@given(st.text(max_size=200))
def test_any_name_is_stored_whole_or_refused(name: str) -> None:
    try:
        user = UserCreate.model_validate(ADA | {"full_name": name})
    except ValidationError:
        assert "\x00" in name or not 1 <= len(name.strip()) <= 100
    else:
        assert user.full_name.strip() == name.strip()
