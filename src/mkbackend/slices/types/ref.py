"""References."""

from collections.abc import Sequence

from mkbackend.slices.names import require_plain
from mkbackend.slices.types.base import FieldType

ON_DELETE = {"cascade": "CASCADE", "restrict": "RESTRICT", "setnull": "SET NULL"}


class Ref(FieldType):
    """The id of another resource, with a foreign key."""

    type = "ref"
    syntax = "ref/user: the id of another resource"
    own_modifiers = (*ON_DELETE, "nested", "owner")
    can_be_list = False
    can_have_default = False
    can_be_unique = True
    filterable = True
    has_index = True
    python = "UUID"
    sql = "Uuid()"
    request = "UUID"
    wrong_values = ('"x"', "1")

    def check_args(self) -> None:
        """Raise BadInputError unless there is one resource, and one action when it is deleted."""
        if len(self.args) != 1:
            raise self.refuse("a ref needs exactly one resource.", self.syntax)
        require_plain(self.args[0], "a resource")
        actions = [word for word in ON_DELETE if word in self.modifiers]
        if len(actions) > 1:
            raise self.refuse(f":{actions[0]} and :{actions[1]} exclude each other.", "Omit one.")
        if actions == ["setnull"] and not self.null:
            raise self.refuse(":setnull needs a nullable field.", "Add :null.")
        if self.is_owner:
            self._check_owner()

    def _check_owner(self) -> None:
        """Raise BadInputError unless it is a plain reference to a user."""
        if self.args != ("user",):
            raise self.refuse("an owner is a user.", f"{self.label}:ref/user:owner")
        if others := sorted(self.modifiers - {"owner"}):
            raise self.refuse(f":owner excludes :{others[0]}.", f"{self.label}:ref/user:owner")

    @property
    def is_owner(self) -> bool:
        """Return whether it is the owner of the row."""
        return "owner" in self.modifiers

    @property
    def nested(self) -> bool:
        """Return whether its target has a list of the referring rows."""
        return "nested" in self.modifiers

    @property
    def name(self) -> str:
        """Return the name in the model and in requests."""
        return f"{self.label}_id"

    @property
    def module(self) -> str:
        """Return the module of the target."""
        return self.target.module

    @property
    def is_required_ref(self) -> bool:
        """Return whether it is a required reference."""
        return not self.takes_null

    @property
    def on_delete(self) -> str:
        """Return the ON DELETE action."""
        return next((ON_DELETE[word] for word in ON_DELETE if word in self.modifiers), "RESTRICT")

    @property
    def model_options(self) -> Sequence[str]:
        """Return the foreign key and its index."""
        # SQLAlchemy cannot sort tables that refer to each other without use_alter.
        later = ", use_alter=True" if self.target.leads_back else ""
        return [f'ForeignKey("{self.target.table}.id", ondelete="{self.on_delete}"{later})', "index=True"]

    def foreign_key(self, table: str) -> str:
        """Return the name of the foreign key."""
        return f"fk_{table}_{self.column}_{self.target.table}"

    def key_constraint(self, table: str) -> str:
        """Return the foreign key in the migration that creates a table."""
        return (
            f'sa.ForeignKeyConstraint(["{self.column}"], ["{self.target.table}.id"], '
            f'name=op.f("{self.foreign_key(table)}"), ondelete="{self.on_delete}")'
        )

    def constraint(self, table: str) -> tuple[str, str]:
        """Return the foreign key of a new column."""
        name = self.foreign_key(table)
        leads = f'"{self.target.table}", ["{self.column}"], ["id"], ondelete="{self.on_delete}"'
        return name, f'op.create_foreign_key("{name}", "{table}", {leads}, postgresql_not_valid=True)'

    @property
    def gone(self) -> str:
        """Return the message for a target that was deleted meanwhile."""
        return f"The {self.words} no longer exists" if len(self.words) <= 20 else "It no longer exists"

    @property
    def sample_of_one(self) -> str:
        """Return null, or the id of a new target."""
        return "None" if self.takes_null else self.made

    @property
    def made(self) -> str:
        """Return the expression that creates the target and returns its id."""
        return self._made("session")

    @property
    def made_own(self) -> str:
        """Return the same for a target with the same owner."""
        return self._made(f"session, {self.target.owner}=owner_id") if self.leads_to_own else self.made

    def _made(self, arguments: str) -> str:
        return f"(await add_{self.args[0]}({arguments})).id"
