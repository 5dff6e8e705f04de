"""Descriptions of the added slices, for the tests of all routes.

Each module of this package creates the rows of one slice and describes it as `SLICE`.
It is found by listing the package: a new slice is a new file here.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.base import BaseModel
from app.domain.models.user import User
from app.domain.schemas.base import RequestSchema
from tests.people import ROW

# Numbers that make unique values.
NUMBERS = count(1)


@dataclass(frozen=True)
class Slice:
    """A slice, described for tests of all routes.

    Attributes:
        path: the path of its list, such as `/books`.
        item: the path of one row, such as `/books/{book_id}`.
        table: the table of its rows.
        field: a field that a PATCH request can change.
        public: whether reading needs no login.
        schema: the request schema of a new row.
        new: returns the values of a user's request; rows that they refer to are stored.
        add: stores a row for a user, with given values if there are steps.
        steps: the values of a row that allows a step, by the path of the step.
    """

    path: str
    item: str
    table: str
    field: str
    public: bool
    schema: type[RequestSchema]
    new: Callable[[AsyncSession, UUID], Awaitable[dict[str, Any]]]
    add: Callable[..., Awaitable[BaseModel]]
    steps: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    @property
    def paths(self) -> tuple[str, str]:
        """Both paths."""
        return self.path, self.item

    @property
    def parameter(self) -> str:
        """Schemathesis' name of the id in `item`."""
        return f"path.{self.item.rpartition('{')[2].rstrip('}')}"

    async def body(self, session: AsyncSession, user_id: UUID) -> dict[str, Any]:
        """Return the JSON of a user's request."""
        return self.schema(**await self.new(session, user_id)).model_dump(mode="json")


async def add_user(session: AsyncSession) -> User:
    """Store a user who cannot sign in."""
    email = f"user{next(NUMBERS)}@example.com"
    user = User(**ROW, email=email)
    session.add(user)
    await session.flush()
    return user


SLICES: list[Slice] = [
    import_module(module.name).SLICE
    for module in iter_modules(__path__, prefix=f"{__name__}.")
]
