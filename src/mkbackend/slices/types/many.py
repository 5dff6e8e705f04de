"""Links to many rows."""

from mkbackend.slices.names import require_plain
from mkbackend.slices.types.base import FieldType


class Many(FieldType):
    """Links to any number of rows of another resource, in a table of their own: no column."""

    type = "many"
    syntax = "many/tag: any number of rows of another resource"
    can_be_list = False
    can_have_default = False

    def check_args(self) -> None:
        """Raise BadInputError unless there is one resource, and no modifier."""
        if len(self.args) != 1:
            raise self.refuse("many needs exactly one resource.", self.syntax)
        require_plain(self.args[0], "a resource")
        if self.modifiers:
            raise self.refuse(
                "a link has no modifier.",
                f"For a link with fields of its own, add a resource with {self.args[0]}:ref/{self.args[0]}.",
            )

    @property
    def target_id(self) -> str:
        """Return the column of the other row, and the filter by it."""
        return f"{self.args[0]}_id"

    @property
    def target_ids(self) -> str:
        """Return the name of the set of ids in requests and responses."""
        return f"{self.args[0]}_ids"
