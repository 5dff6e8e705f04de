"""Tests of constraints over several fields: unique together, no overlap, order of two."""

import pytest

from mkbackend.errors import BadInputError
from mkbackend.slices.resource.constraints import ranks
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import parse, resource_of

from .conftest import Place, Refused

ROOM = ("room:str/20", "starts_at:datetime", "ends_at:datetime")
SPAN = ("starts_at:datetime", "ends_at:datetime:after/starts_at")


def test_fields_are_unique_together_and_per_owner_where_rows_are_private() -> None:
    described = Description("booking", ROOM, unique=("room+starts_at",), auth="owner")
    resource = resource_of(described)
    assert resource.uniques == (("room", "starts_at"),)
    assert resource.is_unique_per_owner


@pytest.mark.parametrize(
    ("unique", "why"),
    [
        ("room", "has one field. Add :unique to the field"),
        ("room+nothing", "there is no field 'nothing'. Fields: room, starts_at, ends_at, notes"),
        ("room+room", "room is given twice"),
        ("room+notes", "notes:json cannot be part of it"),
        ("room+", "there is no field ''"),
    ],
)
def test_an_invalid_unique_option_is_named(unique: str, why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse(Description("booking", (*ROOM, "notes:json"), unique=(unique,)))
    assert why in f"{refused.value.message} {refused.value.hint}"


def test_the_same_unique_option_twice_is_refused() -> None:
    with pytest.raises(BadInputError, match="is given twice"):
        parse(Description("booking", ROOM, unique=("room+starts_at", "starts_at+room")))


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("room+starts_at", "its last part is START..END"),
        ("room+starts_at..", "its last part is START..END"),
        ("room+starts_at..room", "are no range"),
        ("room+room..room", "are no range"),
        ("starts_at+starts_at..ends_at", "starts_at is given twice"),
        ("room+starts_at..starts_at", "starts_at is given twice"),
        ("hall+starts_at..ends_at", "there is no field 'hall'"),
    ],
)
def test_an_invalid_range_is_named(option: str, why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse(Description("booking", ROOM, no_overlap=(option,)))
    assert why in refused.value.message


def test_a_range_is_ordered_too() -> None:
    resource = parse(Description("booking", ROOM, no_overlap=("room+starts_at..ends_at",)))
    assert resource.orders == (("starts_at", "ends_at"),)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["a:int:after/b", "b:int:after/a"], "a and b come after each other"),
        (["a:int:after/a"], "a field cannot come after itself"),
        (["a:int", "b:float:after/a"], "a:int has another type"),
        (["a:str", "b:int:after/a"], "a:str has another type"),
        (["b:int:after/a"], "there is no field 'a'"),
        (["a:str:after/b"], ":after is for numbers, dates and datetimes"),
        (["a:int:after"], ":after needs the earlier field"),
        (["a:int", "b:int:after/a:after/c"], ":after is given twice"),
        (["a:int:null/b"], ":null takes no argument"),
    ],
)
def test_an_invalid_order_is_named(words: list[str], why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse(Description("span", tuple(words)))
    assert why in refused.value.message


def test_fields_of_an_order_are_ranked() -> None:
    assert ranks((("b", "c"), ("a", "b"))) == {"a": 1, "b": 2, "c": 3}


def test_a_range_cannot_be_added_to_an_existing_table(place: Place, refused: Refused) -> None:
    place.run("add", "booking", *ROOM)
    place.commit()
    assert "locks a table while it checks its rows" in refused("add", "booking", "--no-overlap", "starts_at..ends_at")


def test_constraints_can_be_added_to_an_existing_table(place: Place) -> None:
    place.run("add", "booking", *ROOM)
    place.commit()
    place.run("add", "booking", "until:datetime:null:after/ends_at", "--unique", "room+starts_at")
    (path,) = [line[3:] for line in place.status() if line.startswith("??")]
    text = "".join(place.read(path).split())
    assert '"until>ends_at",postgresql_not_valid=True' in text
    assert '"uq_bookings_room_starts_at","bookings",["room","starts_at"],unique=True' in text
    assert text.index("VALIDATECONSTRAINT") > text.index("autocommit_block")
    down = text[text.index("defdowngrade") :]
    assert 'op.drop_index("uq_bookings_room_starts_at","bookings")' in down
    record = place.read(".mkbackend/booking.toml")
    assert 'unique = [\n    "room+starts_at",\n]' in record


def test_a_slice_with_constraints_is_described_by_its_record(place: Place) -> None:
    place.run("add", "booking", "room:str/20", *SPAN, "--no-overlap", "room+starts_at..ends_at")
    model = place.read("app/domain/models/booking.py")
    record = place.root.parent / "booking.toml"
    record.write_text(place.read(".mkbackend/booking.toml"))
    place.run("remove", "booking", "--allow-dirty")
    place.run("add", "--from", str(record), "--allow-dirty")
    assert place.read("app/domain/models/booking.py") == model


@pytest.mark.parametrize(
    ("words", "options", "why"),
    [
        (["a:enum/x/y", "b:bool:null"], {"unique": ("a+b",)}, "--unique a+b: few rows could differ"),
        (["a:str:readonly=x", "b:bool"], {"unique": ("a+b",)}, "--unique a+b: few rows could differ"),
        (["a:int", "b:int:null:readonly"], {"no_overlap": ("a..b",)}, "--no-overlap a..b: no request sets b"),
        (["a:int:null:readonly", "b:int:after/a"], {}, "b:int:after/a: no request sets a"),
        (["a:int", "b:int:readonly:after/a"], {}, "b:int:readonly:after/a: no request sets b"),
    ],
)
def test_a_constraint_that_new_rows_cannot_satisfy_is_refused(
    words: list[str], options: dict[str, tuple[str, ...]], why: str
) -> None:
    described = Description("span", ("name:str", *words), **options)  # type: ignore[arg-type]  # one of two options
    with pytest.raises(BadInputError) as refused:
        resource_of(described)
    assert refused.value.message.startswith(why)
    assert parse(described), "records of earlier releases may have it"


@pytest.mark.parametrize(
    "words",
    [
        ["a:enum/x/y", "b:ref/user:null", "--unique", "a+b"],
        ["a:str:readonly:null", "b:bool", "--unique", "a+b"],
        ["a:int:readonly", "b:int:readonly:null:after/a"],
    ],
)
def test_rows_differ_in_one_field_that_requests_set_or_that_is_null(place: Place, words: list[str]) -> None:
    place.run("add", "span", "name:str", *words)
    assert "span.py" in "".join(place.status())


def test_a_field_that_requests_no_longer_set_cannot_end_a_range(place: Place, refused: Refused) -> None:
    place.run("add", "booking", "room:str/20", "low:int", "high:int:null", "--no-overlap", "low..high")
    place.commit()
    why = "--no-overlap low..high: no request sets high"
    assert why in refused("change", "booking", "high:int:null:readonly")


def test_an_order_with_a_readonly_field_is_no_part_of_requests(place: Place) -> None:
    place.run("add", "span", "low:int", "high:int:null:readonly:after/low")
    assert "must_be_after" not in place.read("tests/unit/test_span_service.py")
    place.run("add", "stay", "low:int", "high:int:null:after/low")
    assert "must_be_after" in place.read("tests/unit/test_stay_service.py")


def test_a_constraint_that_the_resource_has_is_named(place: Place, refused: Refused) -> None:
    place.run("add", "booking", *ROOM, "--unique", "room+starts_at")
    place.commit()
    why = "--unique starts_at+room: the resource has this constraint already"
    assert why in refused("add", "booking", "--unique", "starts_at+room")


def test_columns_are_listed_in_one_order_in_every_process(place: Place) -> None:
    words = ["until:datetime:after/ends_at", "--unique", "room+until"]
    place.run("add", "booking", *ROOM, *words, "--no-overlap", "room+starts_at..ends_at")
    text = place.read("tests/integration/test_booking_repository.py")
    assert '["room", "ends_at", "starts_at", "until"]' in text
