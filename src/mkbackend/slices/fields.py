"""A resource and its fields. Pure."""

from dataclasses import dataclass

# The edition of new slices; an existing slice keeps its own.
# 2: unique values and references are per owner; lists have range filters.
EDITION = 2
AUTHS = ("user", "public", "owner", "admin")
# Each type with its syntax, for hints.
FORMS = {
    "str": "str/200: at most 200 characters, 255 without a number",
    "text": "text",
    "int": "int",
    "bigint": "bigint: sent as text, because JavaScript rounds large numbers; bigint:number as a number",
    "float": "float",
    "decimal": "decimal/10/2: 10 digits, 2 of them decimal places",
    "bool": "bool",
    "date": "date",
    "datetime": "datetime: with time zone",
    "uuid": "uuid",
    "json": "json: an object",
    "enum": "enum/draft/published",
    "ref": "ref/user: the id of another resource",
}
ON_DELETE = {"cascade": "CASCADE", "restrict": "RESTRICT", "setnull": "SET NULL"}
MODIFIERS = ("null", "unique", "index", "list", "number", *ON_DELETE)
# An index entry has 2700 bytes at most, and a character up to four.
LONGEST_KEY = 500
LONGEST_STR = 10_000
# A search term is longer than these, so never matches them.
SHORTEST_SEARCH = 3
_RANGED = frozenset(("int", "bigint", "float", "decimal", "date", "datetime"))
RANGES = ("_gte", "_lt")
_KEYS = frozenset(("str", "int", "bigint", "decimal", "date", "datetime", "uuid"))


@dataclass(frozen=True)
class Field:
    """A field of a resource."""

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
        """Return whether it is nullable."""
        return "null" in self.modifiers

    @property
    def unique(self) -> bool:
        """Return whether its values are unique."""
        return "unique" in self.modifiers

    @property
    def is_list(self) -> bool:
        """Return whether it is an array."""
        return "list" in self.modifiers

    @property
    def is_text_number(self) -> bool:
        """Return whether requests and responses have its number as text."""
        return self.type == "decimal" or (self.type == "bigint" and "number" not in self.modifiers)

    @property
    def length(self) -> int:
        """Return the maximum length of a str."""
        return int(self.args[0]) if self.args else 255

    @property
    def is_key(self) -> bool:
        """Return whether a B-tree index can hold all its values."""
        return self.type in _KEYS and not self.is_list and not (self.type == "str" and self.length > LONGEST_KEY)

    @property
    def sortable(self) -> bool:
        """Return whether lists can be sorted by it, with an index."""
        return not self.null and (self.is_key and self.type != "uuid")

    @property
    def filterable(self) -> bool:
        """Return whether lists can be filtered by its value."""
        return self.is_key or self.type in ("enum", "ref", "bool")

    @property
    def ranged(self) -> bool:
        """Return whether lists can be filtered by a range of it."""
        return self.type in _RANGED and not self.is_list

    @property
    def searchable(self) -> bool:
        """Return whether the search includes it."""
        long_enough = self.type == "text" or (self.type == "str" and self.length >= SHORTEST_SEARCH)
        return long_enough and not self.is_list

    @property
    def on_delete(self) -> str:
        """Return the ON DELETE action of a ref."""
        return next((ON_DELETE[word] for word in ON_DELETE if word in self.modifiers), "RESTRICT")


@dataclass(frozen=True)
class Resource:
    """A resource: names, fields and access rule."""

    name: str
    plural: str
    fields: tuple[Field, ...]
    auth: str = "user"
    soft_delete: bool = True
    edition: int = EDITION

    @property
    def is_unique_per_owner(self) -> bool:
        """Return whether uniqueness is per owner, which hides other owners' values."""
        return self.auth == "owner" and self.edition >= 2
