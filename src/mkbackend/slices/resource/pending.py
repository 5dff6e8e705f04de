"""Changes of fields that wait for their contract: the previous release still runs. Pure."""

from dataclasses import dataclass, replace
from typing import Any

from mkbackend.slices.types.base import FieldType

# The column stays for the previous release, which reads and writes it.
DROP, WIDEN = "drop", "widen"
# A trigger fills what the previous release leaves null.
FILL = "fill"
# Requests may not have what the previous release cannot read: null, values of an enum, digits of a decimal.
NULL, VALUES, DIGITS = "null", "values", "digits"
# The constraint comes once no release without its message runs.
UNIQUE = "unique"
KINDS = {
    DROP: "drops the column",
    WIDEN: "drops the narrower column",
    FILL: "drops the trigger that fills it",
    NULL: "lets requests have null",
    VALUES: "lets requests have the new values",
    DIGITS: "lets requests have the new digits",
    UNIQUE: "makes its values unique",
}


@dataclass(frozen=True)
class Pending:
    """A change whose second step waits.

    Attributes:
        kind: one of KINDS.
        was: the field before the change.
        label: the field after it; empty if there is none.
        fill: the value in place of null, as text.
        place: the place of the field among the others.
    """

    kind: str
    was: FieldType
    label: str = ""
    fill: str | None = None
    place: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of change {self.kind!r}")

    @property
    def words(self) -> str:
        """Return what the contract does, in words."""
        return f"{self.label or self.was.label}: {KINDS[self.kind]}"

    @property
    def keeps_column(self) -> bool:
        """Return whether the previous column stays until the contract."""
        return self.kind in (DROP, WIDEN)

    def applied(self, field: FieldType) -> FieldType:
        """Return the field as it is until the contract."""
        changes: dict[str, Any] = {}
        if self.kind in (NULL, VALUES, DIGITS):
            changes["was"] = self.was
        if self.kind == UNIQUE:
            changes |= {"modifiers": field.modifiers - {"unique"}, "soon_unique": True}
        return replace(field, **changes)
