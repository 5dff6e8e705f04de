"""Filters of lists, as SQL conditions."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, inspect

from app.domain.models.base import BaseModel
from app.domain.schemas.common import PaginationParams
from app.utils.filters import read_filter

Condition = Callable[[Any], ColumnElement[bool]]


def filters_of(
    model: type[BaseModel], params: type[PaginationParams], **others: Condition
) -> Mapping[str, Condition]:
    """Return the condition of each filter of a list and of each column.

    Args:
        model: the table of the list.
        params: its query parameters: a field named like a column filters by value, one
            that ends in `_gte` or `_lt` by range.
        others: conditions of fields with other names.

    Raises:
        TypeError: a query parameter has no condition.
    """
    names = {*inspect(model).columns.keys(), *params.filter_names()} - others.keys()
    found = {name: _condition(model, params, name) for name in names}
    return {**found, **others}


def _condition(
    model: type[BaseModel], params: type[PaginationParams], name: str
) -> Condition:
    try:
        field, compare = read_filter(name, inspect(model).columns.keys())
    except LookupError:
        raise TypeError(
            f"{params.__name__}.{name}: {model.__name__} has no column of this name. "
            "Name the filter after its column, such as created_at, created_at_gte or "
            f"created_at_lt, or pass its condition: filters_of(..., {name}=...). "
            "If it is no filter, declare it with Field(exclude=True)."
        ) from None
    return lambda value: compare(getattr(model, field), value)
