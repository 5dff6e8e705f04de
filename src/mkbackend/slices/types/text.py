"""Text, of any length and of a bounded one."""

from typing import ClassVar

from mkbackend.slices.names import words_of
from mkbackend.slices.types.base import FieldType, quoted
from mkbackend.slices.types.field import LONGEST_STR


class Text(FieldType):
    """Text of any length, which the search includes."""

    type = "text"
    syntax = "text"
    python = "str"
    sql = "Text()"
    request = "LongText"
    wrong_values: ClassVar[tuple[str, ...]] = ('""', '"NUL \\x00"', "1")

    @property
    def length(self) -> int:
        """Return the maximum length of a default, and of a value in tests."""
        return LONGEST_STR

    @property
    def searchable(self) -> bool:
        """Return whether the search includes it."""
        return not self.is_list

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return 0 < len(default) <= self.length and default == default.strip() and default.isprintable()

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return quoted(text)

    @property
    def sample_of_one(self) -> str:
        """Return a test value that fits the column."""
        words = words_of(self.label)[:20].rstrip()
        return f'f"{words} {{number}}"' if self.length > len(words) + 8 else f"str(number)[-{self.length}:]"

    @property
    def haystack(self) -> str:
        """Return a text for search tests."""
        return "a needle%_" if self.length >= 10 else "~%_"

    @property
    def needle(self) -> str:
        """Return a part of that text that no other test value contains."""
        return "NEEDLE" if self.length >= 10 else "~"


class BoundedText(Text):
    """Text with a maximum length."""

    indexable = True
    longest: ClassVar[int] = 255

    @property
    def length(self) -> int:
        """Return the maximum length."""
        return self.longest

    @property
    def sql_type(self) -> str:
        """Return the SQLAlchemy type of one value."""
        return f"String({self.length})"

    @property
    def operation_of_one(self) -> str:
        """Return the type of one value in a migration."""
        return f"sa.String(length={self.length})"
