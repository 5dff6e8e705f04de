"""Short text."""

from collections.abc import Sequence

from mkbackend.slices.types.field import LONGEST_KEY, LONGEST_STR, is_number
from mkbackend.slices.types.text import BoundedText

# A search term is longer than these, so never matches them.
_SHORTEST_SEARCH = 3


class String(BoundedText):
    """Text with a maximum length that its argument gives."""

    type = "str"
    syntax = "str/200: at most 200 characters, 255 without a number"
    request = ""
    wrong_query = "%00"

    @property
    def length(self) -> int:
        """Return the maximum length."""
        return int(self.args[0]) if self.args else self.longest

    @property
    def is_key(self) -> bool:
        """Return whether a B-tree index can hold all its values."""
        return super().is_key and self.length <= LONGEST_KEY

    @property
    def searchable(self) -> bool:
        """Return whether the search includes it."""
        return self.length >= _SHORTEST_SEARCH and not self.is_list

    def check_args(self) -> None:
        """Raise BadInputError for a length that is no number, or too large."""
        if len(self.args) > 1 or not all(is_number(arg, 1, LONGEST_STR) for arg in self.args):
            raise self.refuse(f"the length must be a number from 1 to {LONGEST_STR}.", self.syntax)

    @property
    def alias_of_one(self) -> str:
        """Return the definition of the request type of one value."""
        return f"Annotated[NonBlankStr, Field(max_length={self.length})]"

    @property
    def query(self) -> str:
        """Return the type of the list's filter."""
        return f"Annotated[PlainStr, Field(max_length={self.length})]"

    @property
    def wrong_of_one(self) -> Sequence[str]:
        """Return invalid JSON values."""
        return ['""', '" "', '"NUL \\x00"', "1", f'"x" * {self.length + 1}']
