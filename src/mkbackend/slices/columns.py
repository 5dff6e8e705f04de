"""Source fragments of a field for the templates: in the model, the migration and the schemas.

Each template imports everything that a fragment may need, and ruff removes the unused imports.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from mkbackend.slices.fields import Field
from mkbackend.slices.names import DIGITS, SECRET, class_of, words_of

_PYTHON = {
    "str": "str",
    "text": "str",
    "int": "int",
    "bigint": "int",
    "float": "float",
    "decimal": "Decimal",
    "bool": "bool",
    "date": "date",
    "datetime": "datetime",
    "uuid": "UUID",
    "json": "dict[str, Any]",
    "ref": "UUID",
}
_SQL = {
    "text": "Text()",
    "int": "Integer()",
    "bigint": "BigInteger()",
    "float": "Double()",
    "bool": "Boolean()",
    "date": "Date()",
    "datetime": "DateTime(timezone=True)",
    "uuid": "Uuid()",
    "json": "JSONB(none_as_null=True)",
    "ref": "Uuid()",
}
# Types that SQLAlchemy derives from the Python type.
_PLAIN = ("Integer()", "Boolean()", "Date()", "DateTime(timezone=True)", "Uuid()", "")
_BODY = {
    "text": "LongText",
    "int": "StrictInt4",
    "bigint": "StrictInt8",
    "float": "StrictNumber",
    "bool": "StrictBool",
    "date": "Day",
    "datetime": "Moment",
    "uuid": "UUID",
    "json": "JsonObject",
    "ref": "UUID",
}
_QUERY = {"float": "FiniteFloat", "int": "Int4", "bigint": "Int8", "bool": "bool"}


@dataclass(frozen=True)
class Column:
    """A field of a resource as source for the templates, with the target of a ref."""

    field: Field
    owner: str
    module: str = ""
    target: str = ""
    target_table: str = ""
    leads_to_own: bool = False
    leads_back: bool = False

    @property
    def name(self) -> str:
        """Return the name in the table and in requests."""
        return self.field.column

    @property
    def quoted(self) -> str:
        """Return the name as a Python string."""
        return f'"{self.name}"'

    @property
    def attribute(self) -> str:
        """Return the attribute of the model."""
        return f"{self.owner}.{self.name}"

    @property
    def words(self) -> str:
        """Return the name as words."""
        return words_of(self.field.name)

    @property
    def enum(self) -> str:
        """Return the name of the enum class."""
        return self.owner + class_of(self.field.name)

    @property
    def members(self) -> dict[str, str]:
        """Return the values of an enum by member name."""
        return {value.upper().replace("-", "_"): value for value in self.field.args}

    def excuse(self, member: str) -> str:
        """Return the linter comment for an enum member that looks like a secret or a digit."""
        if SECRET.search(member):
            return "  # noqa: S105 - an enum value  # nosec B105"
        return "  # noqa: E741 - an enum value" if member in DIGITS else ""

    @property
    def length(self) -> int:
        """Return the length of an enum's column, with room for more values without a change of its type."""
        return 20 if max(map(len, self.field.args)) <= 20 else 40

    @property
    def bare(self) -> str:
        """Return the Python type of one value."""
        return self.enum if self.field.type == "enum" else _PYTHON[self.field.type]

    @property
    def python(self) -> str:
        """Return the Python type."""
        return self._many(self.bare) + (" | None" if self.field.null else "")

    @property
    def answer(self) -> str:
        """Return the type in a response."""
        if self.field.is_text_number:
            return self.body + (" | None" if self.field.null else "")
        return self.python

    @property
    def sql(self) -> str:
        """Return the SQL type in a model; empty if it follows from the Python type."""
        one = self._sql()
        return f"ARRAY({one})" if self.field.is_list else one

    @property
    def operation(self) -> str:
        """Return the type in a migration."""
        match self.field.type:
            case "enum":
                values = ", ".join(f'"{value}"' for value in self.field.args)
                return (
                    f'sa.Enum({values}, name="{self.name}", native_enum=False, create_constraint=True, '
                    f"length={self.length})"
                )
            case "str":
                one = f"sa.String(length={self.field.length})"
            case "decimal":
                one = f"sa.Numeric(precision={self.field.args[0]}, scale={self.field.args[1]})"
            case "json":
                return "postgresql.JSONB(none_as_null=True)"
            case _:
                one = f"sa.{_SQL[self.field.type]}"
        return f"sa.ARRAY({one})" if self.field.is_list else one

    @property
    def mapped(self) -> str:
        """Return the line in the model."""
        options = [] if self.sql in _PLAIN else [self.sql]
        if self.field.type == "ref":
            # SQLAlchemy cannot sort tables that refer to each other without use_alter.
            later = ", use_alter=True" if self.leads_back else ""
            key = f'ForeignKey("{self.target_table}.id", ondelete="{self.field.on_delete}"{later})'
            options = [key, "index=True"]
        if self.default:
            options += [f"default={self.default}", f"server_default={self.quoted_default}"]
        line = f"{self.name}: Mapped[{self.python}]"
        if self.field.type == "enum":
            return f"{line} = enum_column({', '.join([self.enum, f'name={self.quoted}', *options])})"
        return f"{line} = mapped_column({', '.join(options)})" if options else line

    @property
    def has_index(self) -> bool:
        """Return whether sorting, a reference or uniqueness already creates an index."""
        return self.field.sortable or self.field.unique or self.field.type == "ref"

    @property
    def required_ref(self) -> bool:
        """Return whether the field is a required reference."""
        return self.field.type == "ref" and not self.field.null

    @property
    def taken(self) -> str:
        """Return the message for a duplicate value."""
        return f"This {self.words} is taken" if len(self.words) <= 20 else "It is taken"

    @property
    def gone(self) -> str:
        """Return the message for a reference whose target was deleted meanwhile."""
        return f"The {self.words} no longer exists" if len(self.words) <= 20 else "It no longer exists"

    def foreign_key(self, table: str) -> str:
        """Return the name of the foreign key."""
        return f"fk_{table}_{self.name}_{self.target_table}"

    @property
    def alias(self) -> str:
        """Return the definition of the request type if it has its own alias, else an empty string."""
        match self.field.type:
            case "str":
                one = f"Annotated[NonBlankStr, Field(max_length={self.field.length})]"
            case "decimal":
                one = f"Annotated[Decimal, DecimalText({', '.join(self.field.args)})]"
            case _ if self.field.is_list:
                one = self._plain_body
            case _:
                return ""
        return f"Annotated[list[{one}], Field(max_length=MOST_ITEMS)]" if self.field.is_list else one

    @property
    def body(self) -> str:
        """Return the type in a request, without null."""
        if self.alias:
            return self.enum
        return self.enum if self.field.type == "enum" else self._plain_body

    @property
    def _plain_body(self) -> str:
        """Return the type of one value in a request, if it has neither an alias nor an enum."""
        return "Int8Text" if self.field.is_text_number else _BODY[self.field.type]

    @property
    def query(self) -> str:
        """Return the type of the list's filter parameter."""
        if self.field.type == "str":
            return f"Annotated[PlainStr, Field(max_length={self.field.length})]"
        return _QUERY.get(self.field.type, self.body)

    @property
    def default(self) -> str:
        """Return the default in Python; empty if there is none."""
        text = self.field.default
        if text is None:
            return ""
        match self.field.type:
            case "str" | "text":
                return _quoted(text)
            case "decimal":
                return f'Decimal("{self.server_default}")'
            case "bool":
                return text.capitalize()
            case "date":
                return f'date.fromisoformat("{text}")'
            case "datetime":
                return f'datetime.fromisoformat("{self.server_default}")'
            case "uuid":
                return f'UUID("{text}")'
            case "enum":
                return f"{self.enum}.{text.upper().replace('-', '_')}"
            case _:
                return str(float(text)) if self.field.type == "float" else str(int(text))

    @property
    def server_default(self) -> str:
        """Return the server default as text."""
        text = str(self.field.default)
        if self.field.type == "decimal":
            return f"{Decimal(text) + 0:.{self.field.args[1]}f}"
        if self.field.type == "datetime":
            return datetime.fromisoformat(text).astimezone(UTC).isoformat()
        return text

    @property
    def quoted_default(self) -> str:
        """Return the server default as a Python string."""
        return _quoted(self.server_default)

    def _many(self, one: str) -> str:
        return f"list[{one}]" if self.field.is_list else one

    def _sql(self) -> str:
        match self.field.type:
            case "str":
                return f"String({self.field.length})"
            case "decimal":
                return f"Numeric({', '.join(self.field.args)})"
            case _:
                return _SQL.get(self.field.type, "")


def _quoted(text: str) -> str:
    """Return a text as a Python string in double quotes."""
    return json.dumps(text, ensure_ascii=False)
