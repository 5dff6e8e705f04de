"""Filters of lists: names and SQL conditions."""

from operator import eq, ge, lt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from sqlalchemy import true

from app.domain.models.user import User
from app.domain.schemas.common import SearchParams
from app.domain.schemas.types import Moment
from app.repository.filters import filters_of
from app.utils.filters import RANGES, read_filter

names = st.builds(
    str.__add__,
    st.text("abc", min_size=1, max_size=3),
    st.sampled_from(["", "_gte", "_lt"]),
)


class Recent(SearchParams):
    """A query that also filters by creation time."""

    created_at: Moment | None = None
    created_at_gte: Moment | None = None
    created_at_lt: Moment | None = None


class After(SearchParams):
    """A query with a filter that is named after no column."""

    created_after: Moment | None = None


@pytest.mark.parametrize(
    ("name", "operator"),
    [("created_at", "="), ("created_at_gte", ">="), ("created_at_lt", "<")],
)
def test_a_filter_compares_the_column_of_its_name(name: str, operator: str) -> None:
    condition = filters_of(User, Recent)[name]("2026-01-01T00:00:00Z")
    assert str(condition) == f"users.created_at {operator} :created_at_1"


def test_a_filter_without_a_column_is_refused_with_the_fix() -> None:
    with pytest.raises(TypeError, match=r"After\.created_after: User .*created_at_gte"):
        filters_of(User, After)


def test_a_filter_can_have_its_own_condition() -> None:
    def later(value: Any) -> Any:
        return User.created_at > value

    condition = filters_of(User, After, created_after=later)["created_after"]
    assert str(condition(1)) == "users.created_at > :created_at_1"
    changed = filters_of(User, Recent, created_at=lambda value: true())
    assert str(changed["created_at"](1)) == "true"


def test_an_excluded_query_field_is_no_filter() -> None:
    class Expanded(SearchParams):
        expand: bool = Field(default=False, exclude=True)

    assert "expand" not in filters_of(User, Expanded)
    assert Expanded(expand=True).filters == {}


@given(st.sets(names, min_size=1), names)
def test_a_field_of_the_exact_name_wins(fields: set[str], name: str) -> None:
    stems = {name.removesuffix(end) for end in RANGES if name.endswith(end)}
    if name not in fields and not stems & fields:
        with pytest.raises(LookupError, match=name):
            read_filter(name, fields)
        return
    field, compare = read_filter(name, fields)
    assert field in fields
    expected = ge if name.endswith("_gte") else lt
    assert compare is (eq if name in fields else expected)
