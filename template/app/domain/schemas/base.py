"""Base classes of the schemas."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# PostgreSQL cannot store a NUL character.
PlainStr = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")
]

# The old default of optional fields, which reads as None. New fields use MISSING.
UNSET: Any = Field(default_factory=lambda: None)


class BaseSchema(BaseModel):
    """A response, read from a model's attributes."""

    model_config = ConfigDict(from_attributes=True)


class RequestSchema(BaseModel):
    """A request. Unknown fields are rejected, not ignored."""

    model_config = ConfigDict(extra="forbid")


class TimestampSchema(BaseSchema):
    """A response with the timestamps of the row."""

    created_at: datetime
    updated_at: datetime


class IDSchema(TimestampSchema):
    """A response with the id and the timestamps of the row."""

    id: UUID
