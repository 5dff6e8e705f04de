"""Numbers of a fixed size."""

import re

from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.field import is_number


class Number(FieldType):
    """A number. Lists can be filtered by a range of it."""

    has_range = True
    initial = "0"

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return str(int(text))


class Integer(Number):
    """An integer of 32 bits."""

    type = "int"
    syntax = "int"
    python = "int"
    sql = "Integer()"
    is_derived = True
    indexable = True
    request = "StrictInt4"
    lax = "Int4"
    example = "number"
    wrong_values = ('"1"', "1.5", "True", "2**31")

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return is_number(default, -(2**31), 2**31 - 1)


class Float(Number):
    """A floating-point number of 64 bits."""

    type = "float"
    syntax = "float"
    python = "float"
    sql = "Double()"
    request = "StrictNumber"
    lax = "FiniteFloat"
    example = "number + 0.5"
    wrong_values = ('"1"', "True")

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", default, re.ASCII) is not None

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return str(float(text))
