"""Database errors: unavailability, conflicts and bugs."""

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.db.errors import raise_conflict, why_unavailable
from app.core.exceptions import ConflictException


class DriverError(Exception):
    """A driver error with PostgreSQL's SQLSTATE and constraint."""

    def __init__(self, sqlstate: str | None = None, constraint: str = "") -> None:
        self.sqlstate = sqlstate
        self.constraint_name = constraint


@pytest.mark.parametrize(
    ("sqlstate", "reason"),
    [
        ("08006", "The connection was lost"),
        ("25006", "The database is read-only"),
        ("25P03", "The connection was lost"),
        ("25P04", "No response in time"),
        ("28P01", "The login was rejected"),
        ("3D000", "The database does not exist"),
        ("40001", "The transaction conflicted with another"),
        ("40P01", "The transaction conflicted with another"),
        ("53300", "The server is out of resources"),
        ("55P03", "Timed out waiting for a lock"),
        ("57014", "No response in time"),
        ("57P01", "The server is starting or shutting down"),
        ("57P03", "The server is starting or shutting down"),
    ],
)
def test_a_transient_error_has_a_reason(sqlstate: str, reason: str) -> None:
    assert why_unavailable(DBAPIError("", {}, DriverError(sqlstate))) == reason


@pytest.mark.parametrize("sqlstate", ["22001", "23502", "42601", "42P01", None])
def test_a_bug_has_no_reason(sqlstate: str | None) -> None:
    assert why_unavailable(DBAPIError("", {}, DriverError(sqlstate))) is None


def test_a_connection_lost_without_sqlstate_has_a_reason() -> None:
    error = DBAPIError("", {}, DriverError(), connection_invalidated=True)
    assert why_unavailable(error) == "The connection was lost"


def test_an_exhausted_pool_has_a_reason() -> None:
    assert why_unavailable(PoolTimeoutError()) == "The connection pool is exhausted"


@pytest.mark.parametrize("error", [FileNotFoundError(), TimeoutError()])
def test_other_errors_are_not_database_errors(error: OSError) -> None:
    assert why_unavailable(error) is None


def test_a_violated_constraint_with_a_message_is_a_conflict() -> None:
    with pytest.raises(ConflictException, match="taken"):
        raise_conflict(_integrity_error("uq_books_title"), {"uq_books_title": "taken"})


def test_a_violated_constraint_without_a_message_is_not_hidden() -> None:
    with pytest.raises(IntegrityError):
        raise_conflict(_integrity_error("ck_books_pages"), {"uq_books_title": "taken"})


def _integrity_error(constraint: str) -> IntegrityError:
    wrapped = DriverError()
    wrapped.__cause__ = DriverError("23505", constraint)
    return IntegrityError("", {}, wrapped)
