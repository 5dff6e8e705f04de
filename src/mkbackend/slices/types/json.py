"""JSON."""

from mkbackend.slices.types.base import FieldType


class Json(FieldType):
    """A JSON object, as jsonb."""

    type = "json"
    syntax = "json: an object"
    can_be_list = False
    can_have_default = False
    python = "dict[str, Any]"
    sql = "JSONB(none_as_null=True)"
    request = "JsonObject"
    example = '{"number": number}'
    wrong_values = ("[]", '{"NUL": "\\x00"}')

    @property
    def operation_of_one(self) -> str:
        """Return the type of one value in a migration."""
        return f"postgresql.{self.sql}"
