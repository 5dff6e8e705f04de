"""What Schemathesis has to know of the slices that were added: their tests tell."""

from string import Template
from uuid import UUID

from sqlalchemy import Column, Table, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.domain.models.base import Base
from app.domain.models.user import User
from tests.slices import SLICES, Slice, add_user

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
    ]
    for field, id in (await _references(slice, session, owner)).items():
        name = f"^(POST|PATCH) .*{slice.path}(/|$)"
        known.append((field, name, f"body.{field}", id, 0.9))
    for key, name, parameter, value, probability in known:
        described += KNOWN.substitute(
            dictionary=f"{slice.path[1:]}-{key}",
            name=name,
            parameter=parameter,
            value=value,
            probability=probability,
        )
    return described


async def _references(
    slice: Slice, session: AsyncSession, owner: UUID
) -> dict[str, UUID]:
    """Give what a new row can refer to, also where it need not."""
    body = await slice.body(session, owner)
    found: dict[str, UUID] = {}
    for key in Base.metadata.tables[slice.table].foreign_keys:
        field, target = key.parent.name, key.column.table
        if field in body:
            id = body[field] or await _one_of(target, session, owner)
            found |= {field: id} if id else {}
    return found


async def _one_of(table: Table, session: AsyncSession, owner: UUID) -> UUID | None:
    if table is User.__table__:
        # Somebody who does not call, and so seldom goes.
        return (await add_user(session)).id
    id: Column[UUID] = table.c.id
    statement = select(id).where(table.c.deleted_at.is_(None))
    if "owner_id" in table.c:
        statement = statement.where(table.c.owner_id == owner)
    return await session.scalar(statement.limit(1))
