"""Enums."""

import re
from collections.abc import Sequence

from mkbackend.slices.names import DIGITS, SECRET
from mkbackend.slices.types.base import FieldType

_VALUE = re.compile(r"[a-zA-Z][a-zA-Z0-9]*([_-][a-zA-Z0-9]+)*")
_MOST = 50
_LONGEST = 40


class Enum(FieldType):
    """One of a few values, kept as text with a check."""

    type = "enum"
    syntax = "enum/draft/published"
    can_be_list = False
    filterable = True
    wrong_values = ('"no such value"', "1")
    wrong_query = "no+such+value"

    def check_args(self) -> None:
        """Raise BadInputError for values that are invalid, equal, too few or too many."""
        for value in self.args:
            if not _VALUE.fullmatch(value) or len(value) > _LONGEST:
                why = f"{value!r} is not a valid value: use letters, digits, - and _, {_LONGEST} at most."
                raise self.refuse(why, self.syntax)
        if len(self.members) < len(self.args):
            raise self.refuse("two values are equal, ignoring case, - and _.", self.syntax)
        if not 2 <= len(self.args) <= _MOST:
            raise self.refuse(f"an enum needs 2 to {_MOST} values.", self.syntax)

    @property
    def initial(self) -> str:
        """Return the first value."""
        return self.args[0]

    @property
    def members(self) -> dict[str, str]:
        """Return the values by member name."""
        return {_member(value): value for value in self.args}

    def excuse(self, member: str) -> str:
        """Return the linter comment for a member that looks like a secret or a digit."""
        if SECRET.search(member):
            return "  # noqa: S105 - an enum value  # nosec B105"
        return "  # noqa: E741 - an enum value" if member in DIGITS else ""

    @property
    def one(self) -> str:
        """Return the class."""
        return self.own_class

    @property
    def request_of_one(self) -> str:
        """Return the class, or the members that the previous release knows."""
        if self.was is None or self.was.args == self.args:
            return self.own_class
        return f"Literal[{', '.join(f'{self.own_class}.{_member(value)}' for value in self.was.args)}]"

    @property
    def query(self) -> str:
        """Return the class."""
        return self.own_class

    @property
    def wrong_of_one(self) -> Sequence[str]:
        """Return invalid JSON values."""
        held = [value for value in self.args if self.was is not None and value not in self.was.args]
        return [*self.wrong_values, *(f'"{value}"' for value in held)]

    @property
    def mapped(self) -> str:
        """Return the line in the model."""
        renamed = [f'column="{self.column}"', f"key={self.quoted}"] if self.column != self.name else []
        options = ", ".join([self.own_class, f'name="{self.column}"', *renamed, *self.default_options])
        return f"{self.name}: Mapped[{self.annotation}] = enum_column({options})"

    @property
    def operation(self) -> str:
        """Return the type in a migration."""
        return self._operation("create_constraint=True, ")

    @property
    def unchecked_operation(self) -> str:
        """Return the type in a migration that creates the constraint separately."""
        return self._operation("")

    def _operation(self, check: str) -> str:
        values = ", ".join(f'"{value}"' for value in self.args)
        return f'sa.Enum({values}, name="{self.column}", native_enum=False, {check}length={self.length})'

    @property
    def length(self) -> int:
        """Return the length of the column, with room for more values without a change of its type."""
        return 20 if max(map(len, self.args)) <= 20 else _LONGEST

    def constraint(self, table: str) -> tuple[str, str]:
        """Return the check that the value is one of the enum's."""
        name = f"ck_{table}_{self.column}"
        values = ", ".join(f"'{value}'" for value in self.args)
        check = f'op.create_check_constraint(op.f("{name}"), "{table}", "{self.column} IN ({values})"'
        return name, f"{check}, postgresql_not_valid=True)"

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return default in self.args

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return f"{self.own_class}.{_member(text)}"

    @property
    def sample_of_one(self) -> str:
        """Return the first member."""
        return f"{self.own_class}.{next(iter(self.members))}"

    @property
    def model_options(self) -> Sequence[str]:
        """Return no options: `enum_column` has them."""
        return []


def _member(value: str) -> str:
    return value.upper().replace("-", "_")
