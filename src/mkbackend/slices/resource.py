"""A resource: its names, fields and access rule. Pure."""

from dataclasses import dataclass

from mkbackend.slices.types.base import FieldType

# The edition of new slices; an existing slice keeps its own.
# 2: unique values and references are per owner; lists have range filters.
EDITION = 2
AUTHS = ("user", "public", "owner", "admin")
# The endings of the filters for a range.
RANGES = ("_gte", "_lt")


@dataclass(frozen=True)
class Resource:
    """A resource: names, fields and access rule."""

    name: str
    plural: str
    fields: tuple[FieldType, ...]
    auth: str = "user"
    soft_delete: bool = True
    edition: int = EDITION

    @property
    def is_unique_per_owner(self) -> bool:
        """Return whether uniqueness is per owner, which hides other owners' values."""
        return self.auth == "owner" and self.edition >= 2
