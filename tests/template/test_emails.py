"""Tests of e-mails that an earlier release stored, in databases that know the case of different letters."""

import json
from pathlib import Path
from typing import Any
from unicodedata import normalize
from uuid import uuid4

import pytest
from combinations import FULL

from .conftest import run

# the last revision that compares e-mails by the lower() of the database
BEFORE = "e41f6a9c2b75"
LOCALES = {"C.UTF-8": "", "C": "LOCALE_PROVIDER libc LOCALE 'C'"}
ZOE = "zo\u00e9@example.org"
NIKOS = "\u03bd\u03b9\u03ba\u03bf\u03c2@example.org"
IPEK = "\u0130pek@example.org"
SHARED = [ZOE, normalize("NFD", ZOE), NIKOS, NIKOS.upper(), "x@b\u00fccher.de", "x@xn--bcher-kva.de"]
STORED = [*SHARED, IPEK, "Ada@Example.org"]
EQUAL = [ZOE.upper(), NIKOS.replace("\u03c2", "\u03c3"), "X@XN--BCHER-KVA.DE", IPEK.lower(), "ADA@EXAMPLE.ORG"]
INSERT = """
INSERT INTO users (id, email, password_hash, full_name, deleted_at)
SELECT gen_random_uuid(), email, '', '', {deleted_at} FROM unnest($1::text[]) AS email
"""
EXECUTE = """
import asyncio, json, sys
import asyncpg

async def main(url, statement, arguments):
    connection = await asyncpg.connect(url)
    print(json.dumps([list(row) for row in await connection.fetch(statement, *json.loads(arguments))]))
    await connection.close()

asyncio.run(main(*sys.argv[1:]))
"""
FIND = """
import asyncio, json, sys
from sqlalchemy.ext.asyncio import AsyncSession
from app.core.database import make_engine
from app.core.settings.database import DatabaseSettings
from app.repository.user_repository import UserRepository

async def main(emails):
    engine = make_engine(DatabaseSettings())
    async with AsyncSession(engine) as session:
        found = [await UserRepository(session).get_by_email(email) for email in emails]
        print(json.dumps([user and user.email for user in found]))
    await engine.dispose()

asyncio.run(main(json.loads(sys.argv[1])))
"""


class Database:
    """A new database, and the project's code on it."""

    def __init__(self, server: str, locale: str, project: Path, python: Path) -> None:
        self._project, self._python = project, python
        self._url = server
        name = f"emails_{uuid4().hex}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE template0 {locale}")
        self._url = server.rpartition("/")[0] + f"/{name}"

    def ask(self, statement: str, *arguments: object) -> list[list[Any]]:
        """Execute a statement; return its rows."""
        rows: list[list[Any]] = self._parsed(EXECUTE, self._url, statement, json.dumps(arguments))
        return rows

    def find(self, emails: list[str]) -> list[str | None]:
        """Look users up as the service does; return their e-mails."""
        found: list[str | None] = self._parsed(FIND, json.dumps(emails))
        return found

    def alembic(self, command: str, revision: str) -> None:
        """Migrate."""
        run(self._python, "-m", "alembic", command, revision, cwd=self._project, DATABASE_URL=self._url)

    def _parsed(self, program: str, *arguments: str) -> Any:
        output = run(self._python, "-c", program, *arguments, cwd=self._project, DATABASE_URL=self._url)
        return json.loads(output.splitlines()[-1])


@pytest.fixture(params=LOCALES if FULL else ["C.UTF-8"])
def database(request: pytest.FixtureRequest, server: str, installed: Path, python: Path) -> Database:
    """Return a database of an earlier release."""
    database = Database(server, LOCALES[request.param], installed, python)
    database.alembic("upgrade", BEFORE)
    return database


def test_users_are_found_as_spelled_and_nothing_else_changes(database: Database) -> None:
    database.ask(INSERT.format(deleted_at="NULL"), STORED)
    rows = database.ask("SELECT email, updated_at::text FROM users ORDER BY email")
    database.alembic("upgrade", "head")
    assert database.find(STORED) == STORED
    assert None not in database.find(EQUAL)
    database.alembic("downgrade", BEFORE)
    assert database.ask("SELECT email, updated_at::text FROM users ORDER BY email") == rows


@pytest.mark.skipif(not FULL, reason="nox -s full: a released migration never changes")
def test_an_interrupted_fill_continues_over_several_batches(database: Database) -> None:
    many = [f"User{number}@example.org" for number in range(1500)]
    deleted = ["Ada@example.org", "ada@example.org", NIKOS, NIKOS.upper()] * 2
    database.alembic("upgrade", "+1")
    database.ask("ALTER TABLE users DISABLE TRIGGER USER")
    database.ask(INSERT.format(deleted_at="NULL"), [*many, *SHARED])
    database.ask(INSERT.format(deleted_at="now()"), deleted)
    database.ask("ALTER TABLE users ENABLE TRIGGER USER")
    database.ask("CREATE UNIQUE INDEX uq_users_canonical_email ON users (canonical_email)")
    database.ask("UPDATE users SET canonical_email = lower(email) WHERE email LIKE 'User1%'")
    # by a process of the earlier release, in the meantime
    database.ask("UPDATE users SET canonical_email = $1 WHERE email = $2", ZOE, normalize("NFD", ZOE))
    database.alembic("upgrade", "head")
    assert database.ask("SELECT email FROM users WHERE canonical_email IS NULL") == [[ZOE]]
    assert database.find([*SHARED, "USER1499@example.org"]) == [*SHARED, "User1499@example.org"]
    assert database.find(["ada@example.org"]) == [None]
