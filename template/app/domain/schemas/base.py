"""What all schemas share."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# PostgreSQL cannot store a NUL character.
PlainStr = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")
]

# What MISSING has replaced: it reads as None, whatever the type. It goes with 0.10.
UNSET: Any = Field(default_factory=lambda: None)


class BaseSchema(BaseModel):
    """An answer, read from a model's attributes."""

    model_config = ConfigDict(from_attributes=True)


class RequestSchema(BaseModel):
    """A request. A field that it does not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class TimestampSchema(BaseSchema):
    """An answer with the times of the row."""

    created_at: datetime
    updated_at: datetime


class IDSchema(TimestampSchema):
    """An answer with the id and the times of the row."""

    id: UUID
