"""Base classes of the schemas."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MOST_FIELDS = 1_000

# PostgreSQL cannot store a NUL character.
PlainStr = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")
]

# The old default of optional fields, which reads as None. New fields use MISSING.
UNSET: Any = Field(default_factory=lambda: None)

# For responses whose defaults are always sent: clients see them as required.
ALWAYS_SENT = ConfigDict(json_schema_serialization_defaults_required=True)


class BaseSchema(BaseModel):
    """A response, read from a model's attributes."""

    model_config = ConfigDict(from_attributes=True)


class RequestSchema(BaseModel):
    """A request. Unknown fields are rejected, not ignored."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, data: Any) -> Any:
        """Refuse a flood of fields as a whole: each would be an error of its own."""
        if isinstance(data, dict) and len(data) > MOST_FIELDS:
            raise ValueError(f"There are more than {MOST_FIELDS} fields")
        return data


class TimestampSchema(BaseSchema):
    """A response with the timestamps of the row."""

    created_at: datetime
    updated_at: datetime


class IDSchema(TimestampSchema):
    """A response with the id and the timestamps of the row."""

    id: UUID
