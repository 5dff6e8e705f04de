"""What the fields of requests are made of, where Pydantic's own would take more.

A number is not text and text is not a number, nothing is longer than its column, and
all that is accepted can be stored. In a query all is text: there `Int4`, `bool` and
the like do.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    FiniteFloat,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

MOST_TEXT = 100_000
MOST_ITEMS = 100
MOST_JSON = 1_000
DEEPEST_JSON = 20
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    re.ASCII | re.IGNORECASE,
)

# As PlainStr, and not only white space.
NonBlankStr = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$"
    ),
]
LongText = Annotated[NonBlankStr, Field(max_length=MOST_TEXT)]
Int4 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
Int8 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
StrictInt4 = Annotated[Int4, Strict()]
StrictInt8 = Annotated[Int8, Strict()]
StrictNumber = Annotated[FiniteFloat, Strict()]


@dataclass(frozen=True)
class DecimalText:
    """A decimal that is sent as text: a JSON number may be rounded on its way.

    Attributes:
        digits: how many there may be, with those after the point.
        places: how many stand after the point.
    """

    digits: int
    places: int

    @property
    def pattern(self) -> str:
        """What the text looks like."""
        more = self.digits - self.places - 1
        whole = r"(0|[1-9][0-9]{0,MORE})" if more >= 0 else "0"
        part = r"(\.[0-9]{1,PLACES})?" if self.places else ""
        form = whole.replace("MORE", str(more)) + part
        return f"^-?{form.replace('PLACES', str(self.places))}$"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read it from text, and write it as such where JSON is made."""
        return core_schema.no_info_plain_validator_function(
            self._read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _as_text, when_used="json-unless-none"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the text."""
        return {"type": "string", "pattern": self.pattern}

    def _read(self, value: Any) -> Decimal:
        """Give it all its places, as the column gives it back."""
        text = _as_text(value) if isinstance(value, Decimal) else value
        if not isinstance(text, str) or not re.fullmatch(self.pattern, text):
            raise ValueError(f"It is a text that matches {self.pattern}")
        # Added to zero, -0.00 is 0.00.
        return Decimal(text).quantize(Decimal(1).scaleb(-self.places)) + 0


def _as_text(value: Decimal) -> str:
    """Write all digits: never 1E-10."""
    return f"{value:f}"


def _written_as(form: re.Pattern[str]) -> BeforeValidator:
    """Refuse numbers and other spellings, of which Pydantic would make dates."""

    def check(value: Any) -> Any:
        if isinstance(value, date) or (
            isinstance(value, str) and form.fullmatch(value)
        ):
            return value
        raise ValueError("It is not written as RFC 3339 has it")

    return BeforeValidator(check)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("It is beyond the years that there are") from error


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what JSONB cannot hold, and what nobody should have to read."""
    rest: list[tuple[Any, int]] = [(value, 1)]
    for seen, (part, depth) in enumerate(rest, 1):
        if depth > DEEPEST_JSON or seen > MOST_JSON:
            raise ValueError(
                f"It holds {MOST_JSON} values at most, {DEEPEST_JSON} levels deep"
            )
        match part:
            case dict():
                rest += [(inner, depth + 1) for pair in part.items() for inner in pair]
            case list():
                rest += [(inner, depth + 1) for inner in part]
            case str() if "\x00" in part or len(part) > MOST_TEXT:
                raise ValueError("It holds a NUL, or too long a text")
            case str():
                part.encode()
            case float() if part - part != 0:
                raise ValueError("It holds a number that JSON has not")
    return value


Day = Annotated[date, _written_as(_DAY)]
Moment = Annotated[datetime, _written_as(_MOMENT), AfterValidator(_in_utc)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_storable)]
