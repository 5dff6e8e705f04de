"""What Schemathesis has to know of the slices that were added: their tests tell."""

from collections.abc import Iterator
from string import Template
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.domain.models.user import User
from tests.slices import SLICES, Slice

# A reference leads nowhere, a value is taken, If-Match names a state that was never
# there, an Idempotency-Key was used for another request, a cursor is of another list,
# or an object holds what cannot be stored.
ANSWERS = Template("""
[[operations]]
include-name-regex = '$name'
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "412", "422"]
[[operations]]
include-name-regex = '$change'
[operations.parameters]
"header.If-Match" = { dictionary = "if-match", probability = 0.5 }
""")
KNOWN = Template("""
[dictionaries.$dictionary]
values = ["$value"]
[[operations]]
include-name-regex = '$name'
[operations.parameters]
"$parameter" = { dictionary = "$dictionary", probability = $probability }
""")


async def describe_slices(settings: Settings, user: User) -> str:
    """Begin with two rows of each slice; give what schemathesis.toml cannot say."""
    database = DatabaseManager(settings)
    await database.connect()
    try:
        async with database.transaction() as session:
            await session.merge(user)
            for slice in SLICES:
                statement = f"TRUNCATE {slice.table} CASCADE"
                await session.execute(text(statement))
            described = [await _describe(slice, session, user.id) for slice in SLICES]
    finally:
        await database.disconnect()
    return "".join(described)


async def _describe(slice: Slice, session: AsyncSession, owner: UUID) -> str:
    # One is for those who delete, so that the other stays.
    kept, doomed = [(await slice.add(session, owner)).id for _ in range(2)]
    item = slice.item.replace("{", "\\{").replace("}", "\\}")
    described = ANSWERS.substitute(
        name=f"^[A-Z]+ .*{slice.path}(/|$)", change=f"^(PATCH|DELETE) .*{item}$"
    )
    known = [
        ("kept", f"^(GET|PATCH) .*{item}$", slice.parameter, kept, 0.7),
        ("doomed", f"^DELETE .*{item}$", slice.parameter, doomed, 0.7),
        *_references(slice, await slice.body(session, owner)),
    ]
    for key, name, parameter, value, probability in known:
        described += KNOWN.substitute(
            dictionary=f"{slice.path[1:]}-{key}",
            name=name,
            parameter=parameter,
            value=value,
            probability=probability,
        )
    return described


def _references(
    slice: Slice, body: dict[str, Any]
) -> Iterator[tuple[str, str, str, Any, float]]:
    """Give what a new row can refer to."""
    for field, value in body.items():
        if field.endswith("_id") and isinstance(value, str):
            name = f"^(POST|PATCH) .*{slice.path}(/|$)"
            yield field, name, f"body.{field}", value, 0.9
