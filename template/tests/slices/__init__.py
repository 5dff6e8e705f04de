"""What the tests of all routes have to know of the slices that were added.

Each module of this package makes the rows of one slice and describes it as `SLICE`; it
is found by listing, so that a new slice is a new file here too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pkgutil import iter_modules
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.models.base import BaseModel
from app.domain.models.user import User
from app.domain.schemas.base import RequestSchema
from tests.people import ROW

# Makes what is made one after the other differ, where it must be unique.
NUMBERS = count(1)


@dataclass(frozen=True)
class Slice:
    """A slice, as a test of every route needs it.

    Attributes:
        path: of its list, such as `/books`.
        item: of one of them, such as `/books/{book_id}`.
        table: where they are kept.
        field: one that a change may give.
        public: whether anyone may read.
        schema: what is asked with for a new one.
        new: makes the values of a user's request; what they refer to is stored.
        add: stores a row for a user.
    """

    path: str
    item: str
    table: str
    field: str
    public: bool
    schema: type[RequestSchema]
    new: Callable[[AsyncSession, UUID], Awaitable[dict[str, Any]]]
    add: Callable[[AsyncSession, UUID], Awaitable[BaseModel]]

    @property
    def paths(self) -> tuple[str, str]:
        """Both."""
        return self.path, self.item

    @property
    def parameter(self) -> str:
        """The name that Schemathesis has for the id of one of them."""
        return f"path.{self.item.rpartition('{')[2].rstrip('}')}"

    async def body(self, session: AsyncSession, user_id: UUID) -> dict[str, Any]:
        """Make the JSON of a user's request."""
        return self.schema(**await self.new(session, user_id)).model_dump(mode="json")


async def add_user(session: AsyncSession) -> User:
    """Store somebody who cannot sign in."""
    email = f"somebody{next(NUMBERS)}@example.com"
    user = User(**ROW, email=email)
    session.add(user)
    await session.flush()
    return user


SLICES: list[Slice] = [
    import_module(module.name).SLICE
    for module in iter_modules(__path__, prefix=f"{__name__}.")
]
