"""Field types of requests, stricter than Pydantic's own.

Text is not coerced to numbers nor numbers to text, no value exceeds its column, and
every accepted value can be stored. Query parameters are text: use the lax types there,
such as `Int4` and `bool`.
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
    GetPydanticSchema,
    HttpUrl,
    PlainSerializer,
    Strict,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

MOST_TEXT = 100_000
MOST_URL = 2_083
MOST_ITEMS = 100
MOST_JSON = 1_000
DEEPEST_JSON = 20
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,18})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    re.ASCII | re.IGNORECASE,
)

# A PlainStr that is not blank.
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


def _times(*counts: int) -> str:
    return "{" + ",".join(map(str, counts)) + "}"


def _up_to(most: int) -> str:
    """Return the pattern of the integers from 0 to a limit, without leading zeros."""
    digits = str(most)
    parts = ["0", "[1-9][0-9]" + _times(0, len(digits) - 2)]
    for place, digit in enumerate(digits):
        least = 0 if place else 1
        if int(digit) > least:
            rest = _times(len(digits) - place - 1)
            parts.append(f"{digits[:place]}[{least}-{int(digit) - 1}][0-9]{rest}")
    return "|".join([*parts, digits])


def _integer(value: object) -> object:
    """Parse text; Pydantic checks the rest."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value


# Sent as text: JavaScript rounds JSON numbers beyond 2**53. A request may have either.
INT8_PATTERN = f"^(-?({_up_to(2**63 - 1)})|-{2**63})$"
Int8Text = Annotated[
    StrictInt8,
    BeforeValidator(
        _integer,
        json_schema_input_type=Annotated[str, Field(pattern=INT8_PATTERN)] | StrictInt8,
    ),
    PlainSerializer(str, return_type=str, when_used="json-unless-none"),
]


@dataclass(frozen=True)
class DecimalText:
    """A decimal that is sent as text, because clients may round JSON numbers.

    Attributes:
        digits: the maximum number of digits, including decimal places.
        places: the maximum number of decimal places.
    """

    digits: int
    places: int

    @property
    def pattern(self) -> str:
        """Return the pattern of the text."""
        more = self.digits - self.places - 1
        whole = r"(0|[1-9][0-9]{0,MORE})" if more >= 0 else "0"
        part = r"(\.[0-9]{1,PLACES})?" if self.places else ""
        form = whole.replace("MORE", str(more)) + part
        return f"^-?{form.replace('PLACES', str(self.places))}$"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Validate from text, and serialise to text in JSON."""
        return core_schema.no_info_plain_validator_function(
            self._read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _as_text, when_used="json-unless-none"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema of the text."""
        return {"type": "string", "pattern": self.pattern}

    def _read(self, value: Any) -> Decimal:
        """Return the decimal with all its places, as the column returns it."""
        text = _as_text(value) if isinstance(value, Decimal) else value
        if not isinstance(text, str) or not re.fullmatch(self.pattern, text):
            raise ValueError(f"Use a string that matches {self.pattern}")
        # Adding zero turns -0.00 into 0.00.
        return Decimal(text).quantize(Decimal(1).scaleb(-self.places)) + 0


def _as_text(value: Decimal) -> str:
    """Format all digits, never as 1E-10."""
    return f"{value:f}"


def _written_as(form: re.Pattern[str], example: str) -> BeforeValidator:
    """Reject numbers and other formats that Pydantic would convert to dates."""

    def check(value: Any) -> Any:
        if isinstance(value, date) or (
            isinstance(value, str) and form.fullmatch(value)
        ):
            return value
        raise ValueError(f"Use RFC 3339, for example {example}")

    return BeforeValidator(check)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("The date is out of range") from error


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    """Reject values that JSONB cannot store, and those that are too large."""
    rest: list[tuple[Any, int]] = [(value, 1)]
    for seen, (part, depth) in enumerate(rest, 1):
        if depth > DEEPEST_JSON or seen > MOST_JSON:
            raise ValueError(
                f"Use at most {MOST_JSON} values and {DEEPEST_JSON} levels"
            )
        match part:
            case dict():
                rest += [(inner, depth + 1) for pair in part.items() for inner in pair]
            case list():
                rest += [(inner, depth + 1) for inner in part]
            case str() if "\x00" in part or len(part) > MOST_TEXT:
                raise ValueError(
                    f"Strings must not contain NUL or exceed {MOST_TEXT} characters"
                )
            case str():
                part.encode()
            case float() if part - part != 0:
                raise ValueError("NaN and Infinity are not allowed")
    return value


Day = Annotated[date, _written_as(_DAY, "2026-01-31")]
Moment = Annotated[
    datetime,
    _written_as(_MOMENT, "2026-01-31T12:00:00Z"),
    AfterValidator(_in_utc),
]
JsonObject = Annotated[dict[str, Any], AfterValidator(_storable)]
# The normalised text of a URL, which is ASCII. Normalising can make it longer.
_UrlAsText = Annotated[
    HttpUrl,
    AfterValidator(str),
    PlainSerializer(str, return_type=str),
    Field(max_length=MOST_URL),
]
HttpUrlText = Annotated[str, GetPydanticSchema(lambda _, handler: handler(_UrlAsText))]
