"""Decimals."""

import re
from decimal import Decimal as Value

from mkbackend.slices.types.field import is_number
from mkbackend.slices.types.number import Number


class Decimal(Number):
    """A decimal with a fixed number of digits, sent as text."""

    type = "decimal"
    syntax = "decimal/10/2: 10 digits, 2 of them decimal places"
    python = "Decimal"
    indexable = True
    answers_as_request = True
    wrong_values = ("1.5", '"1e2"', '"NaN"')

    def check_args(self) -> None:
        """Raise BadInputError unless there are numbers of digits and of places."""
        if len(self.args) != 2 or not (is_number(self.args[0], 1, 28) and is_number(self.args[1], 0, 28)):
            why = "a decimal needs its number of digits, 28 at most, and of decimal places."
            raise self.refuse(why, self.syntax)
        if self.places > self.digits:
            raise self.refuse("there are more decimal places than digits.", self.syntax)

    @property
    def digits(self) -> int:
        """Return the number of digits, including decimal places."""
        return int(self.args[0])

    @property
    def places(self) -> int:
        """Return the number of decimal places."""
        return int(self.args[1])

    @property
    def sql_type(self) -> str:
        """Return the SQLAlchemy type of one value."""
        return f"Numeric({self.digits}, {self.places})"

    @property
    def operation_of_one(self) -> str:
        """Return the type of one value in a migration."""
        return f"sa.Numeric(precision={self.digits}, scale={self.places})"

    @property
    def alias_of_one(self) -> str:
        """Return the definition of the request type of one value."""
        known = self.was or self
        return f"Annotated[Decimal, DecimalText({', '.join(known.args)})]"

    @property
    def answer(self) -> str:
        """Return the type in a response, which may have more digits than a request."""
        if self.was is None or self.was.args == self.args:
            return super().answer
        one = f"Annotated[Decimal, DecimalText({self.digits}, {self.places})]"
        return self._many(one) + (" | None" if self.null else "")

    @property
    def sample_of_one(self) -> str:
        """Return a test value."""
        return f"Decimal(number % 10**{self.digits}).scaleb({-self.places})"

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        part = f"(\\.\\d{{1,{self.places}}})?" if self.places else ""
        written = re.fullmatch(rf"-?(0|[1-9]\d*){part}", default, re.ASCII)
        return written is not None and abs(Value(default)) < 10 ** (self.digits - self.places)

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return f'Decimal("{self.default_in_sql(text)}")'

    def default_in_sql(self, text: str) -> str:
        """Return a default with all its places, and never as -0."""
        return f"{Value(text) + 0:.{self.places}f}"
