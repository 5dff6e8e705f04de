"""Schema changes while the service runs: statements are prepared again."""

from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import DatabaseManager
from app.core.exceptions import ServiceUnavailableException
from tests.integration.conftest import direct

# Through PgBouncer nothing stays prepared.
pytestmark = [pytest.mark.integration, direct]

TYPES = {"colour": "ENUM ('red', 'green')", "place": "(x integer, y integer)"}
COLUMNS = "name varchar(10), number integer, colour colour, place place"
ROW = "INSERT INTO parts VALUES ('bolt', 1, 'red', (1, 2))"
READ = text("SELECT * FROM parts WHERE colour = CAST(:colour AS colour)")
REPAINT = "ALTER TABLE parts ALTER colour TYPE colour USING colour::text::colour"
CHANGES = {
    "a wider column": ["ALTER TABLE parts ALTER name TYPE varchar(20)"],
    "another type": ["ALTER TABLE parts ALTER number TYPE bigint"],
    "a new column": ["ALTER TABLE parts ADD size integer"],
    "a new table": [
        "DROP TABLE parts",
        "CREATE TABLE parts (colour colour, name text)",
        "INSERT INTO parts VALUES ('red', 'bolt')",
    ],
    "a new enum": [
        "ALTER TYPE colour RENAME TO old_colour",
        "CREATE TYPE colour AS ENUM ('red', 'green', 'blue')",
        REPAINT,
        "DROP TYPE old_colour",
    ],
    "a new enum beside the old one": [
        "ALTER TYPE colour RENAME TO old_colour",
        "CREATE TYPE colour AS ENUM ('red', 'green', 'blue')",
        REPAINT,
    ],
    "a new attribute": ["ALTER TYPE place ADD ATTRIBUTE z integer"],
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))


@pytest.fixture
async def database(elsewhere: DatabaseManager) -> AsyncIterator[DatabaseManager]:
    """Yield a database with one more table."""
    types = [f"CREATE TYPE {name} AS {type_}" for name, type_ in TYPES.items()]
    await _run(elsewhere, [*types, f"CREATE TABLE parts ({COLUMNS})", ROW])
    yield elsewhere
    drops = [f"DROP TYPE IF EXISTS {name}" for name in (*TYPES, "old_colour")]
    await _run(elsewhere, ["DROP TABLE parts", *drops])


async def _run(database: DatabaseManager, statements: Sequence[str]) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))


async def _read(session: AsyncSession) -> str:
    """Return the name of the red part."""
    rows = await session.execute(READ, {"colour": "red"})
    return str(rows.one().name)


@each_change
async def test_reading_continues_on_each_connection(
    database: DatabaseManager, change: Sequence[str]
) -> None:
    async with database.reading() as one, database.reading() as two:
        assert await _read(one) == await _read(two) == "bolt"
        await _run(database, change)
        assert await _read(one) == await _read(two) == "bolt"


@each_change
async def test_the_first_statement_of_a_transaction_is_retried(
    database: DatabaseManager, change: Sequence[str]
) -> None:
    async with database.reading() as session:
        await _read(session)
        await _run(database, change)
    async with database.transaction() as session:
        assert await _read(session) == "bolt"


@pytest.mark.parametrize("kind", ["a wider column", "a new enum", "a new attribute"])
async def test_a_later_statement_is_a_503_once(
    database: DatabaseManager, kind: str
) -> None:
    async def read_within() -> str:
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
            return await _read(session)

    async with database.reading() as session:
        await _read(session)
        await _run(database, CHANGES[kind])
    with pytest.raises(ServiceUnavailableException) as refused:
        await read_within()
    assert refused.value.detail == "The schema has changed"
    assert await read_within() == "bolt"


async def test_a_statement_that_stays_wrong_is_not_hidden(
    database: DatabaseManager,
) -> None:
    with pytest.raises(ProgrammingError, match="does not exist"):
        async with database.reading() as session:
            await session.execute(text("SELECT now() * 2"))
