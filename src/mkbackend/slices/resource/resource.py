"""A resource: its names, fields, rights and constraints. Pure."""

from dataclasses import dataclass, field

from mkbackend.slices.resource.constraints import NoOverlap, orders_of
from mkbackend.slices.resource.pending import Pending
from mkbackend.slices.resource.rights import Rights
from mkbackend.slices.resource.states import Transition
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref

# The edition of new slices; an existing slice keeps its own.
# 2: unique values and references are per owner; lists have range filters.
# 3: the references of a tree refuse cycles.
EDITION = 3


@dataclass(frozen=True)
class Resource:
    """A resource.

    Attributes:
        name: its name in the singular.
        plural: its name in the plural, and its table.
        fields: as described, including those that are no column of its table.
        rights: the callers that read and write.
        soft_delete: a deleted row stays, hidden.
        edition: the edition of its slice.
        uniques: columns that are unique together.
        no_overlaps: ranges that do not overlap.
        transitions: steps from state to state.
        pending: changes that wait for their contract.
    """

    name: str
    plural: str
    fields: tuple[FieldType, ...]
    rights: Rights = field(default_factory=Rights)
    soft_delete: bool = True
    edition: int = EDITION
    uniques: tuple[tuple[str, ...], ...] = ()
    no_overlaps: tuple[NoOverlap, ...] = ()
    transitions: tuple[Transition, ...] = ()
    pending: tuple[Pending, ...] = ()

    @property
    def columns(self) -> tuple[FieldType, ...]:
        """Return the fields that are columns, without the owner."""
        return tuple(each for each in self.fields if not isinstance(each, Many) and not _is_owner(each))

    @property
    def links(self) -> tuple[Many, ...]:
        """Return the fields that link to many rows of others."""
        return tuple(each for each in self.fields if isinstance(each, Many))

    @property
    def owner(self) -> str:
        """Return the column of the owner; empty if rows have none."""
        named = next((each.name for each in self.fields if _is_owner(each)), "owner_id")
        return named if self.rights.owned else ""

    @property
    def orders(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs of columns of which the second comes after the first."""
        return orders_of(self.columns, self.no_overlaps)

    def mentions(self, column: str) -> list[str]:
        """Return the constraints and steps that mention a column, as the options of `add` have them."""
        return [
            *(f"--unique {'+'.join(group)}" for group in self.uniques if column in group),
            *(f"--no-overlap {each.word}" for each in self.no_overlaps if column in each.columns),
            *(f"--transition {word}" for step in self.transitions if step.field == column for word in step.words),
        ]

    @property
    def is_unique_per_owner(self) -> bool:
        """Return whether uniqueness is per owner, which hides other owners' values."""
        return self.rights.private and self.edition >= 2


def _is_owner(described: FieldType) -> bool:
    return isinstance(described, Ref) and described.is_owner
