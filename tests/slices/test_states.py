"""Tests of fields that only the service sets, and of the steps between states."""

import pytest

from mkbackend.errors import BadInputError
from mkbackend.slices.rendering.steps import way_to
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.grammar import parse
from mkbackend.slices.resource.states import Transition, verb_of

from .conftest import Place, Refused

STATUS = "status:enum/pending/confirmed/done:readonly"


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        ("confirmed", "confirm"),
        ("archived", "archive"),
        ("published", "publish"),
        ("released", "release"),
        ("shipped", "ship"),
        ("processed", "process"),
        ("installed", "install"),
        ("cancelled", "cancel"),
        ("canceled", "cancel"),
        ("verified", "verify"),
        ("scheduled", "schedule"),
        ("required", "require"),
        ("delivered", "deliver"),
        ("charged", "charge"),
        ("deleted", "delete"),
        ("edited", "edit"),
        ("checked-out", "checked_out"),
        ("not_shipped", "not_ship"),
        ("done", "finish"),
        ("paid", "pay"),
        ("active", "active"),
    ],
)
def test_the_verb_of_a_state(state: str, verb: str) -> None:
    assert verb_of(state) == verb


def test_steps_of_one_verb_are_one() -> None:
    words = ("pending:confirmed", "confirmed:done=complete", "pending:done=complete")
    resource = parse(Description("booking", ("note:str", STATUS), transitions=words))
    assert resource.transitions == (
        Transition("status", ("pending",), "confirmed", "confirm"),
        Transition("status", ("confirmed", "pending"), "done", "complete"),
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["pending"], "--transition pending is not valid"),
        (["pending:confirmed="], "--transition pending:confirmed= is not valid"),
        (["pending:nowhere"], "no enum has both states"),
        (["pending:pending"], "no enum has both states"),
        (["pending:confirmed", "pending:confirmed"], "--transition pending:confirmed is given twice"),
        (["pending:confirmed=go", "confirmed:done=go"], "go leads to confirmed too"),
        (["pending:confirmed=Go"], "'Go' is not a valid name for a step"),
        (["pending:confirmed=tags"], None),
    ],
)
def test_an_invalid_step_is_named(words: list[str], why: str | None) -> None:
    described = Description("booking", ("note:str", STATUS), transitions=tuple(words))
    if why is None:
        assert parse(described).transitions
        return
    with pytest.raises(BadInputError) as refused:
        parse(described)
    assert why in refused.value.message
    assert refused.value.hint


def test_a_state_that_requests_set_has_no_steps() -> None:
    fields = ("note:str", "status:enum/pending/confirmed")
    with pytest.raises(BadInputError, match="could change the state without a step") as refused:
        parse(Description("booking", fields, transitions=("pending:confirmed",)))
    assert refused.value.hint == "Add :readonly: status:enum/pending/confirmed:readonly"


def test_two_enums_with_the_same_states_are_ambiguous() -> None:
    fields = ("note:str", STATUS, STATUS.replace("status", "phase"))
    with pytest.raises(BadInputError, match="status and phase have both states"):
        parse(Description("booking", fields, transitions=("pending:confirmed",)))


@pytest.mark.parametrize(
    ("word", "default"),
    [
        ("price:decimal/10/2:readonly", "0"),
        ("count:int:readonly", "0"),
        ("paid:bool:readonly", "false"),
        (STATUS, "pending"),
        ("price:int:readonly=5", "5"),
        ("paid_at:datetime:null:readonly", None),
    ],
)
def test_a_readonly_field_begins_with_a_natural_value(word: str, default: str | None) -> None:
    assert parse_field(word).given_default == default


@pytest.mark.parametrize(
    "word", ["a:str:readonly", "a:datetime:readonly", "a:ref/user:readonly", "a:int:list:readonly"]
)
def test_a_readonly_field_without_a_natural_value_is_refused(word: str) -> None:
    with pytest.raises(BadInputError, match="a new row would have no value") as refused:
        parse_field(word)
    assert refused.value.hint == "Add :null or =DEFAULT."


def test_a_unique_readonly_field_is_nullable() -> None:
    with pytest.raises(BadInputError, match="two new rows would have the same value"):
        parse_field("number:int:unique:readonly")
    assert parse_field("number:int:unique:readonly:null").null


def test_a_resource_needs_a_field_that_a_request_sets(refused: Refused) -> None:
    assert "has no field that a request sets" in refused("add", "booking", STATUS)


def test_the_way_to_a_state_begins_with_a_new_row() -> None:
    confirm = Transition("status", ("pending",), "confirmed", "confirm")
    finish = Transition("status", ("confirmed",), "done", "finish")
    revive = Transition("status", ("gone",), "pending", "revive")
    steps = (finish, confirm, revive)
    assert way_to(finish, "pending", steps) == ["confirm", "finish"]
    assert way_to(revive, "pending", steps) == []


def test_a_step_can_be_added_to_an_existing_slice(place: Place) -> None:
    place.run("add", "booking", "note:str", STATUS, "--transition", "pending:confirmed")
    place.commit()
    output = place.run("add", "booking", "--transition", "confirmed:done").output
    assert "migration" not in output
    assert "async def finish_booking(" in place.read("app/service/booking_service.py")
    assert place.read(".mkbackend/booking.toml").count("confirmed:done") == 1
    assert len(place.migrations()) == len({*place.migrations()})
    assert not [line for line in place.status() if "alembic" in line]


def test_no_request_has_a_readonly_field(place: Place) -> None:
    place.run("add", "booking", "note:str", "price:decimal/10/2:readonly", STATUS)
    schemas = place.read("app/domain/schemas/booking.py")
    for name in ("Create", "Update"):
        written = schemas.partition(f"class Booking{name}(")[2].partition("\nclass ")[0]
        assert "note" in written
        assert "price" not in written
        assert "status" not in written
