"""A request for each route that writes, sent by test_transactions.py.

Each module of this package lists those of one router as `CALLS` and is found by listing
the package: a new router is a new file here. Slices need none: see `tests/slices/`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from app.domain.models.user import User
from app.domain.purposes import Purpose
from tests.conftest import Headers
from tests.slices import SLICES, Slice

V1 = "/api/v1"


@dataclass
class Caller:
    """An admin with the data that the requests need."""

    client: AsyncClient
    admin: User
    as_admin: Headers
    mailed: dict[Purpose, str]
    refresh: dict[str, str]
    bodies: dict[str, dict[str, Any]]
    rows: dict[str, UUID]

    async def call(self, method: str, path: str, **options: Any) -> Response:
        """Send a request as the admin."""
        headers = self.as_admin | options.pop("headers", {})
        return await self.client.request(method, V1 + path, headers=headers, **options)


Call = Callable[[Caller], Awaitable[Response]]
# By method and path, such as "POST /books"; None if the route changes no table.
Calls = Mapping[str, Call | None]


def _calls(slice: Slice) -> dict[str, Call]:
    """Return the requests of an added slice."""

    def item(method: str) -> Call:
        async def call(c: Caller) -> Response:
            change = {slice.field: c.bodies[slice.path][slice.field]}
            options = {"json": change} if method == "PATCH" else {}
            return await c.call(method, f"{slice.path}/{c.rows[slice.path]}", **options)

        return call

    return {
        f"POST {slice.path}": lambda c: c.call(
            "POST", slice.path, json=c.bodies[slice.path]
        ),
        f"PATCH {slice.item}": item("PATCH"),
        f"DELETE {slice.item}": item("DELETE"),
    }


def _listed() -> dict[str, Call | None]:
    found: dict[str, Call | None] = {}
    for module in iter_modules(__path__, prefix=f"{__name__}."):
        found |= import_module(module.name).CALLS
    for slice in SLICES:
        found |= _calls(slice)
    return found


LISTED = _listed()
# Each succeeds if its commit does, and is named after its route.
CALLS = {name: call for name, call in LISTED.items() if call is not None}
