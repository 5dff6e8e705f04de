"""The source that `add` writes for a field: in the model, the migration, the schemas and the tests.

Each type is a subclass. Its fragments are for one value; lists and null are added here.
"""

import json
import re
from collections.abc import Sequence
from typing import ClassVar

from mkbackend.slices.names import class_of, words_of
from mkbackend.slices.types.field import Field


class FieldType(Field):
    """A type of fields."""

    # The Python type, and the SQLAlchemy type in the model.
    python: ClassVar[str]
    sql: ClassVar[str] = ""
    # SQLAlchemy derives its type from the Python type: the model does not name it.
    is_derived: ClassVar[bool] = False
    # The type in a request, and of a filter in the query if that differs.
    request: ClassVar[str] = ""
    lax: ClassVar[str] = ""
    # Lines `from app.module import Name` that the schemas need beyond the usual ones.
    imports: ClassVar[tuple[str, ...]] = ()
    # A test value that differs with each `number`; invalid JSON values; an invalid value of a filter.
    example: ClassVar[str] = ""
    wrong_values: ClassVar[tuple[str, ...]] = ()
    wrong_query: ClassVar[str] = "x"

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
        """Return the label as words."""
        return words_of(self.label)

    @property
    def own_class(self) -> str:
        """Return the name of a type of this field alone, such as an enum."""
        return self.owner + class_of(self.label)

    @property
    def is_required_ref(self) -> bool:
        """Return whether it is a required reference."""
        return False

    @property
    def annotation(self) -> str:
        """Return the Python type."""
        return self._many(self.one) + (" | None" if self.null else "")

    @property
    def one(self) -> str:
        """Return the Python type of one value."""
        return self.python

    @property
    def answers_as_request(self) -> bool:
        """Return whether a response has the type of the request, because that sends it in another form."""
        return False

    @property
    def answer(self) -> str:
        """Return the type in a response."""
        return self.body + (" | None" if self.null else "") if self.answers_as_request else self.annotation

    @property
    def body(self) -> str:
        """Return the type in a request, without null."""
        return self.own_class if self.alias else self.request_of_one

    @property
    def request_of_one(self) -> str:
        """Return the type of one value in a request."""
        return self.request

    @property
    def alias(self) -> str:
        """Return the definition of the request type if it has a name of its own, else an empty string."""
        if self.is_list:
            return f"Annotated[list[{self.alias_of_one or self.request_of_one}], Field(max_length=MOST_ITEMS)]"
        return self.alias_of_one

    @property
    def alias_of_one(self) -> str:
        """Return the definition of the request type of one value if it needs one, else an empty string."""
        return ""

    @property
    def query(self) -> str:
        """Return the type of the list's filter."""
        return self.lax or self.body

    @property
    def sql_type(self) -> str:
        """Return the SQLAlchemy type of one value."""
        return self.sql

    @property
    def operation(self) -> str:
        """Return the type in a migration."""
        return f"sa.ARRAY({self.operation_of_one})" if self.is_list else self.operation_of_one

    @property
    def operation_of_one(self) -> str:
        """Return the type of one value in a migration."""
        return f"sa.{self.sql_type}"

    @property
    def unchecked_operation(self) -> str:
        """Return the type in a migration that creates the constraint separately."""
        return self.operation

    @property
    def model_options(self) -> Sequence[str]:
        """Return the arguments of `mapped_column`, without the default."""
        if self.is_list:
            return [f"ARRAY({self.sql_type})"]
        return [] if self.is_derived else [self.sql_type]

    @property
    def mapped(self) -> str:
        """Return the line in the model."""
        options = ", ".join(self.mapped_options)
        line = f"{self.name}: Mapped[{self.annotation}]"
        return f"{line} = mapped_column({options})" if options else line

    @property
    def mapped_options(self) -> Sequence[str]:
        """Return all arguments of `mapped_column`; a renamed field names its column."""
        if self.column == self.name:
            return [*self.model_options, *self.default_options]
        return [quoted(self.column), *self.model_options, f"key={self.quoted}", *self.default_options]

    @property
    def default_options(self) -> Sequence[str]:
        """Return the arguments for the default."""
        return [f"default={self.default}", f"server_default={self.quoted_default}"] if self.default else []

    @property
    def default(self) -> str:
        """Return the default in Python; empty if there is none."""
        return "" if self.given_default is None else self.default_source(self.given_default)

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        raise NotImplementedError

    def default_in_sql(self, text: str) -> str:
        """Return a default as PostgreSQL reads it."""
        return text

    @property
    def quoted_default(self) -> str:
        """Return the server default as a Python string."""
        return quoted(self.default_in_sql(str(self.given_default)))

    def constraint(self, table: str) -> tuple[str, str] | None:
        """Return the name of its constraint, and the operation that creates it without scanning rows."""
        return None

    @property
    def sample(self) -> str:
        """Return a test value that differs with each `number`; in an order, it is above those before it."""
        one = self.sample_of_one
        if self.rank:
            one = re.sub(r"\bnumber\b", f"(number * 10 + {self.rank})", one)
        return f"[{one}]" if self.is_list else one

    @property
    def sample_of_one(self) -> str:
        """Return a test value of one value."""
        return self.example

    @property
    def wrong(self) -> Sequence[str]:
        """Return invalid JSON values."""
        one = list(self.wrong_of_one)
        if self.is_list:
            one = [f"[{value}]" for value in one] + ['"x"', "[None]"]
        return one if self.takes_null else [*one, "None"]

    @property
    def wrong_of_one(self) -> Sequence[str]:
        """Return invalid JSON values of one value."""
        return self.wrong_values

    @property
    def taken(self) -> str:
        """Return the message for a duplicate value."""
        return f"This {self.words} is taken" if len(self.words) <= 20 else "It is taken"

    def _many(self, one: str) -> str:
        return f"list[{one}]" if self.is_list else one


def quoted(text: str) -> str:
    """Return a text as a Python string in double quotes."""
    return json.dumps(text, ensure_ascii=False)
