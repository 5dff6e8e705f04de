"""A field of a resource as its owner described it, and what its type allows. Pure."""

import re
from dataclasses import dataclass
from typing import ClassVar

from mkbackend.errors import BadInputError

# An index entry has 2700 bytes at most, and a character up to four.
LONGEST_KEY = 500
LONGEST_STR = 10_000


@dataclass(frozen=True)
class Target:
    """A resource that others can refer to.

    Attributes:
        owner: the column of the owner of its rows; empty if they have none.
        leads_back: references lead from it back to the referring resource.
        private: only the owner sees its rows.
        added: `add` wrote it.
        read: the words of `--read`, if `add` wrote it.
    """

    module: str = ""
    model: str = ""
    table: str = ""
    owner: str = ""
    leads_back: bool = False
    private: bool = False
    added: bool = False
    read: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """A field of a resource.

    Attributes:
        word: the argument of `mkbackend add` that describes it.
        label: its name in that argument; a ref to a user `writer` has the column `writer_id`.
        args: the arguments of its type, such as the length of a str.
        given_default: its default as text; None without one.
        owner: the class of the resource, once that is known.
        target: the resource that a ref refers to, once that is known.
        leads_to_own: callers may refer only to their own rows.
        rank: its place in an order of fields, from 1; 0 outside of any.
        was: the field that the previous release knows; until the contract, requests have its values only.
        soon_unique: its values are unique from the contract on.
    """

    type: ClassVar[str]
    # The form of the argument, for hints.
    syntax: ClassVar[str]
    # Modifiers of this type only.
    own_modifiers: ClassVar[tuple[str, ...]] = ()
    can_be_list: ClassVar[bool] = True
    can_have_default: ClassVar[bool] = True
    has_range: ClassVar[bool] = False
    # A B-tree index can hold its values.
    indexable: ClassVar[bool] = False

    word: str
    label: str
    args: tuple[str, ...] = ()
    modifiers: frozenset[str] = frozenset()
    given_default: str | None = None
    owner: str = ""
    target: Target = Target()
    leads_to_own: bool = False
    rank: int = 0
    was: "Field | None" = None
    soon_unique: bool = False

    @property
    def name(self) -> str:
        """Return the name in the model and in requests."""
        return self.label

    @property
    def column(self) -> str:
        """Return the name in the table, which a renamed field keeps."""
        return self.argument_of("column") or self.name

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
    def readonly(self) -> bool:
        """Return whether only the service sets it."""
        return "readonly" in self.modifiers

    @property
    def initial(self) -> str:
        """Return the default of a readonly field that is given none; empty if there is no natural one."""
        return ""

    @property
    def after(self) -> str:
        """Return the field that it comes after; empty without one."""
        return self.argument_of("after")

    def argument_of(self, modifier: str) -> str:
        """Return the argument of a modifier; empty without one."""
        return next((word.partition("/")[2] for word in self.modifiers if word.startswith(f"{modifier}/")), "")

    @property
    def takes_null(self) -> bool:
        """Return whether a request may have null: not before every release can read it."""
        return self.null and (self.was is None or self.was.null)

    @property
    def is_key(self) -> bool:
        """Return whether a B-tree index can hold all its values."""
        return self.indexable and not self.is_list

    @property
    def can_be_unique(self) -> bool:
        """Return whether its values can be unique."""
        return self.is_key

    @property
    def sortable(self) -> bool:
        """Return whether lists can be sorted by it, with an index."""
        return self.is_key and not self.null

    @property
    def filterable(self) -> bool:
        """Return whether lists can be filtered by its value."""
        return self.is_key

    @property
    def ranged(self) -> bool:
        """Return whether lists can be filtered by a range of it."""
        return self.has_range and not self.is_list

    @property
    def searchable(self) -> bool:
        """Return whether the search includes it."""
        return False

    @property
    def has_index(self) -> bool:
        """Return whether sorting or uniqueness already creates an index."""
        return self.sortable or self.unique

    def check_args(self) -> None:
        """Raise BadInputError for arguments that the type does not take."""
        if self.args:
            raise self.refuse(f"{self.type} takes no argument.", self.syntax)

    def accepts(self, default: str) -> bool:
        """Return whether a text is a valid default; a ValueError means that it is not."""
        raise NotImplementedError

    def refuse(self, why: str, hint: str = "") -> BadInputError:
        """Return the error for this field."""
        return BadInputError(f"{self.word}: {why}", hint)


def is_number(text: str, least: int, most: int) -> bool:
    """Return whether a text is an integer within limits."""
    return re.fullmatch(r"-?\d{1,19}", text, re.ASCII) is not None and least <= int(text) <= most
