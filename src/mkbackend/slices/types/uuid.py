"""UUIDs."""

from uuid import UUID

from mkbackend.slices.types.base import FieldType


class Uuid(FieldType):
    """A UUID. Lists are not sorted by it, because its order means nothing."""

    type = "uuid"
    syntax = "uuid"
    python = "UUID"
    sql = "Uuid()"
    is_derived = True
    indexable = True
    sortable = False
    request = "UUID"
    example = "uuid4()"
    wrong_values = ('"x"', "1")

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return str(UUID(default)) == default.lower()

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return f'UUID("{text}")'
