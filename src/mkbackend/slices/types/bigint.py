"""Large integers."""

from collections.abc import Sequence

from mkbackend.slices.types.field import is_number
from mkbackend.slices.types.number import Number


class BigInt(Number):
    """An integer of 64 bits, sent as text unless it is a `number`."""

    type = "bigint"
    syntax = "bigint: sent as text, because JavaScript rounds large numbers; bigint:number as a number"
    own_modifiers = ("number",)
    python = "int"
    sql = "BigInteger()"
    indexable = True
    lax = "Int8"
    example = "number"
    wrong_values = ('"01"', '"1.5"', '"9223372036854775808"', "1.5", "True")

    @property
    def is_text(self) -> bool:
        """Return whether requests and responses have it as text."""
        return "number" not in self.modifiers

    @property
    def answers_as_request(self) -> bool:
        """Return whether a response has the type of the request."""
        return self.is_text

    @property
    def request_of_one(self) -> str:
        """Return the type in a request."""
        return "Int8Text" if self.is_text else "StrictInt8"

    @property
    def wrong_of_one(self) -> Sequence[str]:
        """Return invalid JSON values."""
        return self.wrong_values if self.is_text else ('"1"', "True", "2**63")

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return is_number(default, -(2**63), 2**63 - 1)
