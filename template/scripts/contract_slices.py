"""What Schemathesis has to know of the slices that were added: their tests tell."""

from typing import Any
from uuid import UUID

from app.core.config import Settings
from app.core.database import DatabaseManager
from tests.slices import SLICES, Slice, add_user

# A reference leads nowhere, a value is taken, If-Match names a state that was never
# there, an Idempotency-Key was used for another request, a cursor is of another list,
# or an object holds what cannot be stored.
ANSWERS = """
[[operations]]
include-name-regex = '{name}'
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "412", "422"]
[[operations]]
include-name-regex = '{change}'
[operations.parameters]
"header.If-Match" = {{ dictionary = "if-match", probability = 0.5 }}
"""
KNOWN = """
[dictionaries.{dictionary}]
values = ["{value}"]
[[operations]]
include-name-regex = '{name}'
[operations.parameters]
"{parameter}" = {{ dictionary = "{dictionary}", probability = {probability} }}
"""


async def describe_slices(settings: Settings) -> str:
    """Store a row of each slice; give what schemathesis.toml cannot say about them."""
    database = DatabaseManager(settings)
    await database.connect()
    text = ""
    try:
        for slice in SLICES:
            async with database.transaction() as session:
                body = await slice.body(session)
                row = await slice.add(session, (await add_user(session)).id)
            text += _describe(slice, body, row.id)
    finally:
        await database.disconnect()
    return text


def _describe(slice: Slice, body: dict[str, Any], id: UUID) -> str:
    """Name the row for those who only read, and what a new one can refer to."""
    item = slice.item.replace("{", "\\{").replace("}", "\\}")
    text = ANSWERS.format(
        name=f"^[A-Z]+ .*{slice.path}(/|$)", change=f"^(PATCH|DELETE) .*{item}$"
    )
    parameter = slice.item[slice.item.index("{") + 1 : -1]
    found = {f"path.{parameter}": (f"^GET .*{item}$", str(id), 0.5)}
    for field, value in body.items():
        if field.endswith("_id") and isinstance(value, str):
            found[f"body.{field}"] = (f"^(POST|PATCH) .*{slice.path}(/|$)", value, 0.9)
    return text + "".join(
        KNOWN.format(
            dictionary=f"{slice.path[1:]}-{key.replace('.', '-')}",
            name=name,
            parameter=key,
            value=value,
            probability=probability,
        )
        for key, (name, value, probability) in found.items()
    )
