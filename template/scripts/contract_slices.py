"""Schemathesis configuration of added slices, taken from their tests."""

from string import Template
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.domain.models.user import User
from tests.slices import SLICES, Slice

# Valid data may be refused: a missing reference, a taken value, an unknown If-Match, a
# reused Idempotency-Key, a cursor of another list, or JSON that cannot be stored.
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
values = $values
[[operations]]
include-name-regex = '$name'
[operations.parameters]
"$parameter" = { dictionary = "$dictionary", probability = 0.7 }
""")


async def describe_slices(
    settings: Settings, user: User, operations: dict[str, Any]
) -> str:
    """Reset each slice to two rows; return its part of schemathesis.toml.

    Ids of referenced rows cannot be guessed: the operations' descriptions get examples.
    """
    database = DatabaseManager(settings)
    async with database.connected(), database.transaction() as session:
        await session.merge(user)
        # Rows refer to their owner by id only: the session cannot order inserts.
        await session.flush()
        for slice in SLICES:
            statement = f"TRUNCATE {slice.table} CASCADE"
            await session.execute(text(statement))
        described = ""
        for slice in SLICES:
            # DELETE calls get one row, so that the other stays.
            kept, doomed = [(await slice.add(session, user.id)).id for _ in range(2)]
            body = await slice.body(session, user.id)
            change = {slice.field: body[slice.field]}
            _give_body(operations[slice.path]["post"], body)
            _give_body(operations[slice.item]["patch"], change)
            _give_id(operations[slice.item]["patch"], kept)
            described += _describe(slice, kept, doomed)
            for path, values in slice.steps.items():
                rows = [await slice.add(session, user.id, **values) for _ in range(3)]
                described += _describe_step(slice, path, [row.id for row in rows])
    return described


def _give_body(operation: dict[str, Any], example: dict[str, Any]) -> None:
    operation["requestBody"]["content"]["application/json"]["example"] = example


def _give_id(operation: dict[str, Any], example: UUID) -> None:
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            parameter["example"] = str(example)


def _describe(slice: Slice, kept: UUID, doomed: UUID) -> str:
    item = _escaped(slice.item)
    described = ANSWERS.substitute(
        name=f"^[A-Z]+ .*{slice.path}(/|$)", change=f"^(PATCH|DELETE) .*{item}$"
    )
    known = [
        # Lists below the row, too.
        ("kept", f"^(GET|PATCH|PUT) .*{item}(/.*)?$", kept),
        ("doomed", f"^DELETE .*{item}$", doomed),
    ]
    for key, name, id in known:
        described += _know(slice, key, name, [id])
    return described


def _describe_step(slice: Slice, path: str, ids: list[UUID]) -> str:
    """Describe a step, with rows that allow it: each allows it once."""
    key = f"can-{path.rpartition('/')[2]}"
    return _know(slice, key, f"^POST .*{_escaped(path)}$", ids)


def _know(slice: Slice, key: str, name: str, ids: list[UUID]) -> str:
    return KNOWN.substitute(
        dictionary=f"{slice.path[1:]}-{key}",
        name=name,
        parameter=slice.parameter,
        values=[str(id) for id in ids],
    )


def _escaped(path: str) -> str:
    return path.replace("{", "\\{").replace("}", "\\}")
