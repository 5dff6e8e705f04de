"""Names of filters: `price` asks for a value, `price_gte` and `price_lt` for ranges."""

from collections.abc import Callable, Collection
from operator import eq, ge, lt
from typing import Any

RANGES = {"_gte": ge, "_lt": lt}
Compare = Callable[[Any, Any], Any]


def read_filter(name: str, fields: Collection[str]) -> tuple[str, Compare]:
    """Return the field that a filter is about, and how its value is compared.

    Raises:
        LookupError: there is no such field.
    """
    if name in fields:
        return name, eq
    for ending, compare in RANGES.items():
        if name.endswith(ending) and name.removesuffix(ending) in fields:
            return name.removesuffix(ending), compare
    raise LookupError(name)
