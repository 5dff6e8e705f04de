"""Booleans."""

from mkbackend.slices.types.base import FieldType


class Boolean(FieldType):
    """True or false."""

    type = "bool"
    syntax = "bool"
    python = "bool"
    sql = "Boolean()"
    is_derived = True
    filterable = True
    initial = "false"
    request = "StrictBool"
    lax = "bool"
    example = "True"
    wrong_values = ("1", '"true"')
    wrong_query = "perhaps"

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return default in ("true", "false")

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return text.capitalize()
