"""Filter names: `price` matches a value, `price_gte` and `price_lt` a range."""

from collections.abc import Callable, Collection
from operator import eq, ge, lt
from typing import Any

RANGES = {"_gte": ge, "_lt": lt}
Compare = Callable[[Any, Any], Any]


def read_filter(name: str, fields: Collection[str]) -> tuple[str, Compare]:
    """Return the field and the comparison of a filter.

    Raises:
        LookupError: the field does not exist.
    """
    if name in fields:
        return name, eq
    for ending, compare in RANGES.items():
        if name.endswith(ending) and name.removesuffix(ending) in fields:
            return name.removesuffix(ending), compare
    raise LookupError(name)
