"""Types of fields: an accepted value can be stored and is read back unchanged."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.domain.schemas.types import (
    DEEPEST_JSON,
    MOST_JSON,
    MOST_TEXT,
    Day,
    DecimalText,
    Int8Text,
    JsonObject,
    LongText,
    Moment,
    StrictInt4,
    StrictInt8,
    StrictNumber,
)

Price = Annotated[Decimal, DecimalText(5, 2)]
Share = Annotated[Decimal, DecimalText(2, 2)]
Count = Annotated[Decimal, DecimalText(3, 0)]
NESTED: dict[str, Any] = {}
for _ in range(DEEPEST_JSON):
    NESTED = {"in": NESTED}


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        (LongText, " a text ", "a text"),
        (StrictInt4, -(2**31), -(2**31)),
        (StrictInt8, 2**63 - 1, 2**63 - 1),
        (Int8Text, "9223372036854775807", 2**63 - 1),
        (Int8Text, "-9223372036854775808", -(2**63)),
        (Int8Text, 2**53 + 1, 2**53 + 1),
        (StrictNumber, 1, 1.0),
        (Price, "-123.4", Decimal("-123.40")),
        (Price, Decimal("1E2"), Decimal("100.00")),
        (Price, "0", Decimal("0.00")),
        (Price, "-0.0", Decimal("0.00")),
        (Share, "0.25", Decimal("0.25")),
        (Count, "999", Decimal("999")),
        (Day, "2026-02-28", date(2026, 2, 28)),
        (Day, date.max, date.max),
        (
            Moment,
            "2026-01-01T01:00:00.5+01:00",
            datetime(2026, 1, 1, 0, 0, 0, 500_000, UTC),
        ),
        (JsonObject, {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
    ],
)
def test_a_valid_value_is_parsed(kind: Any, value: object, stored: object) -> None:
    read = TypeAdapter(kind).validate_python(value)
    assert (read, str(read)) == (stored, str(stored))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (LongText, " "),
        (LongText, "NUL \x00"),
        (LongText, "x" * (MOST_TEXT + 1)),
        (LongText, 1),
        (StrictInt4, 2**31),
        (StrictInt4, "1"),
        (StrictInt4, True),
        (StrictInt8, 2**63),
        (Int8Text, "9223372036854775808"),
        (Int8Text, "01"),
        (Int8Text, "1.0"),
        (Int8Text, "1\n"),
        (Int8Text, "\u0661"),
        (Int8Text, 2**63),
        (Int8Text, 1.0),
        (Int8Text, True),
        (StrictNumber, "1"),
        (StrictNumber, float("nan")),
        (StrictNumber, float("inf")),
        (Price, 1.5),
        (Price, "1.555"),
        (Price, "1000"),
        (Price, "01"),
        (Price, "1e2"),
        (Price, "NaN"),
        (Price, "1\n"),
        (Share, "1"),
        (Count, "1.0"),
        (Day, 0),
        (Day, "0"),
        (Day, "2026-02-30"),
        (Day, "2026-01-01T00:00:00Z"),
        (Moment, 0),
        (Moment, "2026-01-01T00:00:00"),
        (Moment, "0001-01-01T00:00:00+14:00"),
        (JsonObject, []),
        (JsonObject, {"a": {"\x00": 1}}),
        (JsonObject, {"a": ["\x00"]}),
        (JsonObject, {"a": "\ud800"}),
        (JsonObject, {"a": float("nan")}),
        (JsonObject, {"a": float("inf")}),
        (JsonObject, {"a": [0] * MOST_JSON}),
        (JsonObject, {"in": NESTED}),
    ],
)
def test_an_invalid_value_is_refused(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_a_decimal_is_serialised_with_its_scale() -> None:
    read = TypeAdapter(Price).validate_python("1.5")
    assert TypeAdapter(Price).dump_python(read) == read
    assert TypeAdapter(Price).dump_json(read) == b'"1.50"'
    tiny: TypeAdapter[Decimal] = TypeAdapter(Annotated[Decimal, DecimalText(10, 10)])
    assert tiny.dump_json(tiny.validate_python(Decimal("1E-10"))) == b'"0.0000000001"'


@pytest.mark.parametrize("kind", [LongText, Price, Share, Count])
def test_the_json_schema_has_the_pattern(kind: Any) -> None:
    assert TypeAdapter(kind).json_schema()["pattern"]


@given(st.integers(-(2**65), 2**65) | st.integers(-(2**63) - 9, -(2**63) + 9))
def test_a_bigint_is_text_that_its_json_schema_describes(value: int) -> None:
    kind: TypeAdapter[int] = TypeAdapter(Int8Text)
    text, number = kind.json_schema()["anyOf"]
    fits = number["minimum"] <= value <= number["maximum"]
    assert (re.search(text["pattern"], str(value)) is not None) == fits
    if fits:
        read = kind.validate_python(str(value))
        assert (read, kind.dump_json(read)) == (value, f'"{value}"'.encode())
    else:
        with pytest.raises(ValidationError):
            kind.validate_python(str(value))
    assert kind.json_schema(mode="serialization") == {"type": "string"}


@given(st.decimals(-1000, 1000, places=2))
def test_a_decimal_is_parsed_exactly_or_refused(value: Decimal) -> None:
    if abs(value) < 1000:
        assert TypeAdapter(Price).validate_python(str(value)) == value
    else:
        with pytest.raises(ValidationError):
            TypeAdapter(Price).validate_python(str(value))


# Long texts and lists take longer to generate and show nothing more.
texts = st.text(max_size=10)
values = st.recursive(
    st.none() | texts, lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.dictionaries(texts, values, max_size=3))
def test_an_accepted_object_is_json_that_can_be_stored(
    value: dict[str, Any],
) -> None:
    try:
        taken = TypeAdapter(JsonObject).validate_python(value)
    except ValidationError:
        return
    text = json.dumps(taken, ensure_ascii=False, allow_nan=False)
    assert json.loads(text.encode()) == value
    assert "\\u0000" not in text.replace("\\\\", "")
