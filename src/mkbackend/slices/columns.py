"""What a field is in Python, in the model, in the migration, and in requests: pieces of source, for templates.

The pieces import nothing: each template brings every import that a piece may need, and ruff takes out the others.
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
# What SQLAlchemy finds by the Python type.
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
    """A field of a resource, as its templates write it; of a ref also where it leads."""

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
        """Return the name as a text of Python."""
        return f'"{self.name}"'

    @property
    def attribute(self) -> str:
        """Return the attribute of the model."""
        return f"{self.owner}.{self.name}"

    @property
    def words(self) -> str:
        """Return the name, as people read it."""
        return words_of(self.field.name)

    @property
    def enum(self) -> str:
        """Return the class of an enum."""
        return self.owner + class_of(self.field.name)

    @property
    def members(self) -> dict[str, str]:
        """Return the values of an enum by the names of its members."""
        return {value.upper().replace("-", "_"): value for value in self.field.args}

    def excuse(self, member: str) -> str:
        """Return the comment for a member of an enum that a linter takes for a secret, or for a digit."""
        if SECRET.search(member):
            return "  # noqa: S105 - it is the value  # nosec B105"
        return "  # noqa: E741 - it is the value" if member in DIGITS else ""

    @property
    def length(self) -> int:
        """Return the length of an enum's column: one more value is no migration of its type."""
        return 20 if max(map(len, self.field.args)) <= 20 else 40

    @property
    def bare(self) -> str:
        """Return the type of one value in Python."""
        return self.enum if self.field.type == "enum" else _PYTHON[self.field.type]

    @property
    def python(self) -> str:
        """Return the type in Python."""
        return self._many(self.bare) + (" | None" if self.field.null else "")

    @property
    def answer(self) -> str:
        """Return the type in an answer."""
        if self.field.type == "decimal":
            return self.body + (" | None" if self.field.null else "")
        return self.python

    @property
    def sql(self) -> str:
        """Return the type in a model; empty where Python's says it."""
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
        """Return the line of a model."""
        options = [] if self.sql in _PLAIN else [self.sql]
        if self.field.type == "ref":
            # Of tables that refer to each other SQLAlchemy must know which comes first.
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
        """Tell whether an order, a reference or a unique value brings an index."""
        return self.field.sortable or self.field.unique or self.field.type == "ref"

    @property
    def required_ref(self) -> bool:
        """Whether nothing can be made without something else."""
        return self.field.type == "ref" and not self.field.null

    @property
    def taken(self) -> str:
        """Return what is said where a unique value is there already."""
        return f"This {self.words} is taken" if len(self.words) <= 20 else "It is taken"

    @property
    def gone(self) -> str:
        """Return what is said where a reference leads nowhere, of a sudden."""
        return f"The {self.words} is gone" if len(self.words) <= 20 else "It is gone"

    def foreign_key(self, table: str) -> str:
        """Return the name of the constraint."""
        return f"fk_{table}_{self.name}_{self.target_table}"

    @property
    def alias(self) -> str:
        """Return what a type of requests is defined as, where it has a name of its own."""
        match self.field.type:
            case "str":
                one = f"Annotated[NonBlankStr, Field(max_length={self.field.length})]"
            case "decimal":
                one = f"Annotated[Decimal, DecimalText({', '.join(self.field.args)})]"
            case _ if self.field.is_list:
                one = _BODY[self.field.type]
            case _:
                return ""
        return f"Annotated[list[{one}], Field(max_length=MOST_ITEMS)]" if self.field.is_list else one

    @property
    def body(self) -> str:
        """Return the type in a request, but for null."""
        if self.alias:
            return self.enum
        return self.enum if self.field.type == "enum" else _BODY[self.field.type]

    @property
    def query(self) -> str:
        """Return the type in the query of a list."""
        if self.field.type == "str":
            return f"Annotated[PlainStr, Field(max_length={self.field.length})]"
        return _QUERY.get(self.field.type, self.body)

    @property
    def default(self) -> str:
        """Return the default in Python; empty where there is none."""
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
        """Return the default as the table has it, as text."""
        text = str(self.field.default)
        if self.field.type == "decimal":
            return f"{Decimal(text) + 0:.{self.field.args[1]}f}"
        if self.field.type == "datetime":
            return datetime.fromisoformat(text).astimezone(UTC).isoformat()
        return text

    @property
    def quoted_default(self) -> str:
        """Return the default as the table has it, in Python."""
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
    """Return a text as Python writes it, in double quotes."""
    return json.dumps(text, ensure_ascii=False)
