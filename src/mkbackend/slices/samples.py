"""Valid and invalid values of a field for tests, as source fragments like those in `columns`."""

from mkbackend.slices.columns import Column
from mkbackend.slices.fields import LONGEST_STR, Field
from mkbackend.slices.names import words_of

_SAMPLE = {
    "int": "number",
    "bigint": "number",
    "float": "number + 0.5",
    "bool": "True",
    "date": "date(2026, 1, 1) + timedelta(days=number)",
    "datetime": "datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)",
    "uuid": "uuid4()",
    "json": '{"number": number}',
}
# Invalid JSON values of each type.
_WRONG = {
    "str": ['""', '" "', '"NUL \\x00"', "1"],
    "text": ['""', '"NUL \\x00"', "1"],
    "int": ['"1"', "1.5", "True", "2**31"],
    "bigint": ['"01"', '"1.5"', '"9223372036854775808"', "1.5", "True"],
    "number": ['"1"', "True", "2**63"],
    "float": ['"1"', "True"],
    "decimal": ["1.5", '"1e2"', '"NaN"'],
    "bool": ["1", '"true"'],
    "date": ["0", '"2026-02-30"', '"2026-01-01T00:00:00Z"'],
    "datetime": ["0", '"2026-01-01T00:00:00"'],
    "uuid": ['"x"', "1"],
    "json": ["[]", '{"NUL": "\\x00"}'],
    "enum": ['"no such value"', "1"],
    "ref": ['"x"', "1"],
}
_WRONG_QUERY = {"str": "%00", "bool": "perhaps", "enum": "no+such+value"}


class SampledColumn(Column):
    """A column with its test values."""

    @property
    def room(self) -> int:
        """Return the maximum length of a text."""
        return self.field.length if self.field.type == "str" else LONGEST_STR

    @property
    def haystack(self) -> str:
        """Return a text for search tests."""
        return "a needle%_" if self.room >= 10 else "~%_"

    @property
    def needle(self) -> str:
        """Return a part of that text that no other test value contains."""
        return "NEEDLE" if self.room >= 10 else "~"

    @property
    def sample(self) -> str:
        """Return a test value that differs with each `number`."""
        match self.field.type:
            case "str":
                one = _text_of(self.field)
            case "text":
                one = f'f"{self.words[:20].rstrip()} {{number}}"'
            case "decimal":
                digits, places = map(int, self.field.args)
                one = f"Decimal(number % 10**{digits}).scaleb({-places})"
            case "enum":
                one = f"{self.enum}.{next(iter(self.members))}"
            case "ref":
                return "None" if self.field.null else self.made
            case _:
                one = _SAMPLE[self.field.type]
        return f"[{one}]" if self.field.is_list else one

    @property
    def made(self) -> str:
        """Return the expression that creates the target of a ref and returns its id."""
        return f"(await add_{self.field.args[0]}(session)).id"

    @property
    def made_own(self) -> str:
        """Return the same for a target with the same owner."""
        return self.made.replace("(session)", "(session, owner_id=owner_id)") if self.leads_to_own else self.made

    @property
    def wrong(self) -> list[str]:
        """Return invalid JSON values."""
        kind = "number" if "number" in self.field.modifiers else self.field.type
        one = list(_WRONG[kind])
        if self.field.type == "str":
            one.append(f'"x" * {self.field.length + 1}')
        if self.field.is_list:
            one = [f"[{value}]" for value in one] + ['"x"', "[None]"]
        return one if self.field.null else [*one, "None"]

    @property
    def wrong_query(self) -> str:
        """Return an invalid query value."""
        return _WRONG_QUERY.get(self.field.type, "x")


def _text_of(field: Field) -> str:
    """Return a test text that fits the column."""
    words = words_of(field.name)[:20].rstrip()
    return f'f"{words} {{number}}"' if field.length > len(words) + 8 else f"str(number)[-{field.length}:]"
