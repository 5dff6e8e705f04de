"""A resource and its fields, as they were described. Pure."""

from dataclasses import dataclass

# Which form slices are written in now; one that was made in an earlier form keeps it.
# 2: unique values and references are each owner's own; lists have filters for ranges.
EDITION = 2
AUTHS = ("user", "public", "owner", "admin")
# Each type, as its word may go on.
FORMS = {
    "str": "str/200: so many letters at most, 255 without",
    "text": "text",
    "int": "int",
    "bigint": "bigint",
    "float": "float",
    "decimal": "decimal/10/2: ten digits, two of them after the point",
    "bool": "bool",
    "date": "date",
    "datetime": "datetime: with its time zone",
    "uuid": "uuid",
    "json": "json: an object",
    "enum": "enum/draft/published",
    "ref": "ref/user: the id of another resource",
}
ON_DELETE = {"cascade": "CASCADE", "restrict": "RESTRICT", "setnull": "SET NULL"}
MODIFIERS = ("null", "unique", "index", "list", *ON_DELETE)
# An entry of an index holds 2700 bytes, and a letter may need four.
LONGEST_KEY = 500
LONGEST_STR = 10_000
# Fewer letters than a search has are never found by one.
SHORTEST_SEARCH = 3
_RANGED = frozenset(("int", "bigint", "float", "decimal", "date", "datetime"))
RANGES = ("_gte", "_lt")
_KEYS = frozenset(("str", "int", "bigint", "decimal", "date", "datetime", "uuid"))


@dataclass(frozen=True)
class Field:
    """A field, as it was described."""

    word: str
    name: str
    type: str
    args: tuple[str, ...] = ()
    modifiers: frozenset[str] = frozenset()
    default: str | None = None

    @property
    def column(self) -> str:
        """Return the name in the table and in requests."""
        return f"{self.name}_id" if self.type == "ref" else self.name

    @property
    def null(self) -> bool:
        """Whether it may be empty."""
        return "null" in self.modifiers

    @property
    def unique(self) -> bool:
        """Whether no two rows may share a value."""
        return "unique" in self.modifiers

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return "list" in self.modifiers

    @property
    def length(self) -> int:
        """Return how many letters a str may have."""
        return int(self.args[0]) if self.args else 255

    @property
    def is_key(self) -> bool:
        """Whether an index can hold any value of it."""
        return self.type in _KEYS and not self.is_list and not (self.type == "str" and self.length > LONGEST_KEY)

    @property
    def sortable(self) -> bool:
        """Whether a list can be sorted by it: then an index is behind it."""
        return not self.null and (self.is_key and self.type != "uuid")

    @property
    def filterable(self) -> bool:
        """Whether a list can be asked for the rows with one value of it."""
        return self.is_key or self.type in ("enum", "ref", "bool")

    @property
    def ranged(self) -> bool:
        """Tell whether a list can be asked for the rows from one value of it up to another."""
        return self.type in _RANGED and not self.is_list

    @property
    def searchable(self) -> bool:
        """Whether a search looks into it."""
        long_enough = self.type == "text" or (self.type == "str" and self.length >= SHORTEST_SEARCH)
        return long_enough and not self.is_list

    @property
    def on_delete(self) -> str:
        """Return what becomes of the row when the one that it refers to is removed."""
        return next((ON_DELETE[word] for word in ON_DELETE if word in self.modifiers), "RESTRICT")


@dataclass(frozen=True)
class Resource:
    """A resource to be: its names, its fields, who may do what with it."""

    name: str
    plural: str
    fields: tuple[Field, ...]
    auth: str = "user"
    soft_delete: bool = True
    edition: int = EDITION

    @property
    def is_unique_per_owner(self) -> bool:
        """Tell whether two owners may have the same unique value: neither learns what the other has."""
        return self.auth == "owner" and self.edition >= 2
