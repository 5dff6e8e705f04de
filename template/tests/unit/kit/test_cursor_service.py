"""Cursors: signed, and valid for one list."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.exceptions import InvalidInputException
from app.kit.signer import Signer
from app.service.cursor_service import CursorService
from app.utils.pagination import Position
from tests.conftest import MakeSettings

OLD, NEW, OTHER = ("f3b1c9d27a5e8046" * 4, "0123456789abcdef" * 4, "fedcba98" * 8)
SCOPE = "books by title"
positions = st.builds(Position, st.text(max_size=300), st.uuids())


@pytest.fixture(scope="module")
def cursors(make_settings: MakeSettings) -> CursorService:
    return _cursors(make_settings, NEW)


@given(positions)
def test_a_cursor_round_trips(cursors: CursorService, place: Position) -> None:
    cursor = cursors.write(place, SCOPE)
    assert cursor
    assert cursors.read(cursor, SCOPE) == place


@given(positions, st.data())
def test_an_altered_cursor_is_refused(
    cursors: CursorService, place: Position, data: st.DataObject
) -> None:
    cursor = cursors.write(place, SCOPE) or ""
    at = data.draw(st.integers(0, len(cursor) - 5))
    other = data.draw(st.sampled_from("ABab01-_").filter(lambda c: c != cursor[at]))
    with pytest.raises(InvalidInputException):
        cursors.read(cursor[:at] + other + cursor[at + 1 :], SCOPE)


@given(st.text(max_size=100))
def test_arbitrary_text_is_refused(cursors: CursorService, text: str) -> None:
    with pytest.raises(InvalidInputException) as refused:
        cursors.read(text, SCOPE)
    assert refused.value.field == "query.cursor"


@given(positions, st.text())
def test_a_cursor_of_another_list_is_refused(
    cursors: CursorService, place: Position, scope: str
) -> None:
    cursor = cursors.write(place, f"{SCOPE} {scope}")
    with pytest.raises(InvalidInputException):
        cursors.read(cursor, SCOPE)


def test_no_position_has_no_cursor(cursors: CursorService) -> None:
    assert cursors.write(None, SCOPE) is None
    assert cursors.read(None, SCOPE) is None


def test_a_cursor_survives_key_rotation_but_not_another_key(
    make_settings: MakeSettings,
) -> None:
    place = Position("SQL", uuid4())
    cursor = _cursors(make_settings, OLD).write(place, SCOPE)
    assert _cursors(make_settings, NEW, OLD).read(cursor, SCOPE) == place
    with pytest.raises(InvalidInputException):
        _cursors(make_settings, OTHER).read(cursor, SCOPE)


def test_a_signature_is_invalid_for_another_purpose(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings()
    made = Signer(settings, "one").sign(b"data")
    assert Signer(settings, "one").verify(b"data", made)
    assert not Signer(settings, "two").verify(b"data", made)


def _cursors(make: MakeSettings, key: str, old: str | None = None) -> CursorService:
    settings = make(JWT_SECRET_KEY=key, JWT_SECRET_KEY_OLD=old)
    return CursorService(Signer(settings, "cursor"))
