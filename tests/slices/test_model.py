"""Tests of model files as text: what `mkbackend model` prints is read as the same resources."""

import tomllib
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # it has no types

from mkbackend.errors import BadInputError
from mkbackend.slices.model import model
from mkbackend.slices.model.compare import Plan, compare
from mkbackend.slices.model.order import in_order
from mkbackend.slices.model.schema import schema
from mkbackend.slices.record import Record
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.grammar import resource_of
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import AUTHS
from mkbackend.slices.types import TYPES
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref

RESOURCES = ("article", "blog_post", "category", "tag")
LABELS = ("title", "mood", "starts_at", "ends_at", "parent", "size", "a", "b2", "x_y_z")
ARGS = {
    "str": ("", "/1", "/500", "/501"),
    "decimal": ("/10/2", "/3/0"),
    "enum": ("/x/y", "/in-print/sold_out/Done"),
    "ref": tuple(f"/{name}" for name in ("user", *RESOURCES)),
    "many": tuple(f"/{name}" for name in RESOURCES),
}
MODIFIERS = ("null", "unique", "index", "list", "readonly", "after/starts_at", "number", "nested", "owner")
DEFAULTS = ("", "=1", "=x", '=say "é" \\ and #', "=true", "=2026-01-01", "=in-print", "=ada@example.com")


@cache
def endings(type_: str, args: str) -> list[str]:
    """Return the modifiers and defaults that fields of a type may have."""
    some = [each for size in range(3) for each in combinations(MODIFIERS, size)]
    words = [":".join([f"{type_}{args}", *each]) + default for each in some for default in DEFAULTS]
    return [word for word in words if is_valid(f"a:{word}")]


def is_valid(word: str) -> bool:
    try:
        parse_field(word)
    except BadInputError:
        return False
    return True


KINDS = [(type_, args) for type_ in sorted(TYPES) for args in ARGS.get(type_, ("",))]
WORDS = st.builds(
    "{}:{}".format,
    st.sampled_from(LABELS),
    st.sampled_from(KINDS).flatmap(lambda kind: st.sampled_from(endings(*kind))),
)


OPTIONS = {
    "plural": st.sampled_from([None, "folk"]),
    "auth": st.sampled_from([None, *AUTHS]),
    "read": st.sampled_from([None, None, "public", "owner+moderator"]),
    "write": st.sampled_from([None, None, "owner", "admin", "owner+moderator"]),
    "soft_delete": st.sampled_from([None, False, True]),
}
# Fields, and the constraints and steps on them.
CONSTRAINED: tuple[tuple[list[str], dict[str, tuple[str, ...]]], ...] = (
    ([], {}),
    (["size:int", "title:str"], {"unique": ("size+title",)}),
    (["starts_at:datetime", "ends_at:datetime:after/starts_at"], {}),
    (["starts_at:date", "ends_at:date", "size:int"], {"no_overlap": ("size+starts_at..ends_at", "starts_at..ends_at")}),
    (["mood:enum/x/y:readonly", "size:int"], {"transitions": ("x:y", "y:x=undo"), "unique": ("mood+size",)}),
)


@st.composite
def resources(draw: Any, name: str) -> Resource:
    """Return a valid resource; rights that do not fit its fields are left out."""
    fields, constraints = draw(st.sampled_from(CONSTRAINED))
    words = draw(st.lists(WORDS, min_size=1, max_size=6, unique_by=label_of))
    taken = [label_of(word) for word in fields]
    fields = [*fields, *(word for word in words if label_of(word) not in taken)]
    options = {key: draw(values) for key, values in OPTIONS.items()}
    for rights in ({}, {"read": None, "write": None}, {"auth": None, "read": None, "write": None}):
        try:
            return resource_of(Description(name, tuple(fields), **{**options, **rights, **constraints}))
        except BadInputError:
            continue
    assume(False)
    raise AssertionError


def label_of(word: str) -> str:
    return word.partition(":")[0]


MODELS = st.lists(st.sampled_from(RESOURCES), min_size=1, unique=True).flatmap(
    lambda names: st.tuples(*(resources(name) for name in names))
)
SCHEMA = Draft7Validator(schema())
SLOW = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@SLOW
@given(MODELS)
def test_a_round_trip_changes_nothing(found: tuple[Resource, ...]) -> None:
    records = [Record(each) for each in found]
    try:
        text = model.text_of(records)
    except BadInputError:  # a circle of required references, which no project has
        assume(False)
    read = model.parsed(text, "model.toml")
    assert list(SCHEMA.iter_errors(tomllib.loads(text))) == []
    assert {each.name: each for each in found} == {
        each.description.name: resource_of(each.description) for each in read
    }
    assert compare(read, records) == Plan([], [], [])
    assert model.text_of([Record(resource_of(each.description)) for each in read]) == text


@SLOW
@given(MODELS)
def test_each_resource_is_created_after_those_that_it_refers_to(found: tuple[Resource, ...]) -> None:
    try:
        ordered = in_order(found)
    except BadInputError:  # a circle of required references
        assume(False)
    assert {each.resource for each in ordered} == set(found)
    created = set[str]()
    for each in ordered:
        created.add(each.first.name)
        led_to = {field.args[0] for field in each.first.fields if isinstance(field, Ref | Many)}
        assert led_to & {one.name for one in found} <= created
        later = [field for field in each.resource.fields if field not in each.first.fields]
        assert all(isinstance(field, Many) or field.null for field in later)
        assert each.is_complete is not bool(later)


def parsed(text: str) -> list[Resource]:
    return [resource_of(each.description) for each in model.parsed(text, "model.toml")]


def test_only_references_within_a_circle_are_left_for_later() -> None:
    found = parsed(
        """
        badge.fields = ["team:ref/team:null", "name:str"]
        team.fields = ["name:str", "captain:ref/player:null", "badges:many/badge", "city:ref/city:null"]
        player.fields = ["team:ref/team", "mentor:ref/player:null"]
        city.fields = ["name:str"]
        """
    )
    ordered = in_order(found)
    assert [each.first.name for each in ordered] == ["city", "badge", "team", "player"]
    assert [each.resource.name for each in ordered if not each.is_complete] == ["badge", "team"]


def test_a_circle_of_required_references_is_refused() -> None:
    found = parsed('a1.fields = ["b:ref/b1"]\nb1.fields = ["a:ref/a1"]\nc1.fields = ["a:ref/a1:null", "n:int"]')
    with pytest.raises(BadInputError, match="a1 and b1 refer to each other") as caught:
        in_order(found)
    assert "a1 to b1 nullable: add :null" in caught.value.hint


def test_usual_values_are_left_out_and_long_lists_have_a_line_for_each() -> None:
    text = model.text_of([Record(each) for each in parsed('[ox]\nplural = "oxen"\nfields = ["name:str"]')])
    assert text == f'{model.HEAD}\n[ox]\nplural = "oxen"\nauth = "user"\nfields = ["name:str"]\n'
    words = [f"a_long_name_{number}:str/200" for number in range(5)]
    text = model.text_of([Record(resource_of(Description("ox", tuple(words))))])
    assert text.endswith("fields = [\n" + "".join(f'    "{word}",\n' for word in words) + "]\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "model.toml has no resource"),
        ("[article", "model.toml is not valid TOML"),
        ('name = "article"\nfields = ["a:str"]', "name is no table"),
        ('[article]\nname = "article"', "[article]: unknown key 'name'"),
        ("[article]\nfiles = []", "unknown key 'files'"),
        ("[article.author]\nfields = []", "unknown key 'author'"),
        ("[article]\nfields = [1]", "[article]: fields has an invalid value"),
        ('[article]\nfields = "a:str"', "[article]: fields has an invalid value"),
        ('[article]\nfields = [{ field = "a:str" }]', "is no field"),
        ('[article]\nfields = [{ field = "a:str", was = 1 }]', "is no field"),
        ('["Blog Post"]\nfields = ["a:str"]', "Did you mean blog_post?"),
        ('[article]\nfields = ["a:string"]', "unknown type 'string'"),
    ],
)
def test_an_invalid_file_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadInputError) as caught:
        parsed(text)
    assert why in f"{caught.value.message} {caught.value.hint}"
