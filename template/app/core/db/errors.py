"""Classification of database errors."""

from collections.abc import Mapping
from traceback import walk_tb
from typing import NoReturn

from asyncpg.exceptions import (
    CannotCoerceError,
    DatatypeMismatchError,
    InterfaceError,
    InternalServerError,
    InvalidCachedStatementError,
    OutdatedSchemaCacheError,
    PostgresError,
    TargetServerAttributeNotMatched,
    UndefinedFunctionError,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.exceptions import ConflictException, ServiceUnavailableException

# Key in `session.info` of the conflict messages, by constraint.
CONFLICTS = "conflicts"

AWAY = "The database is unavailable"
LATE = "No response in time"
BROKEN = "The connection was lost"
ROLE = "No server has the role of target_session_attrs"
CHANGED = "The schema has changed"
# By prefix of SQLSTATE (PostgreSQL's appendix A): not caused by the request.
UNAVAILABLE = {
    "57014": LATE,  # a statement was cancelled
    "55P03": "Timed out waiting for a lock",
    "40": "The transaction conflicted with another",  # deadlock, serialization
    "53": "The server is out of resources",  # connections, memory, disk
    "57": "The server is starting or shutting down",
    "28": "The login was rejected",
    "3D": "The database does not exist",
    "08": BROKEN,
    "25006": "The database is read-only",  # a standby, or a primary that became one
    "25P03": BROKEN,  # idle in a transaction for too long
    "25P04": LATE,  # a transaction took too long
}
# A statement was prepared for types that a migration has changed.
OUTDATED = (InvalidCachedStatementError, OutdatedSchemaCacheError)
TYPE_IS_GONE = "cache lookup failed"
# These may mean the same, or that the statement is wrong.
PERHAPS_OUTDATED = (
    *OUTDATED,
    CannotCoerceError,
    DatatypeMismatchError,
    InternalServerError,
    UndefinedFunctionError,
)
# The server is shutting down, or no longer the primary: no connection to it is usable.
LOST = ("08", "25006", "57P")


def raise_conflict(error: IntegrityError, conflicts: Mapping[str, str]) -> NoReturn:
    """Raise the conflict message of a violated constraint; without one, the error.

    Raises:
        ConflictException: the constraint has a message.
        IntegrityError: the constraint has no message; this is a bug.
    """
    # SQLAlchemy wraps the driver's error, which knows the constraint.
    cause = error.orig.__cause__ if error.orig else None
    name = getattr(cause, "constraint_name", None) or ""
    if name not in conflicts:
        raise error
    raise ConflictException(conflicts[name]) from error


class mapped_errors:
    """Map errors of an unavailable database to ServiceUnavailableException.

    Raises:
        ServiceUnavailableException: the database is down, hangs or is overloaded.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and (reason := why_unavailable(error)):
            raise ServiceUnavailableException(AWAY, reason) from error


def why_unavailable(error: Exception) -> str | None:
    """Return why the database is unavailable; None for any other error."""
    if isinstance(error, PoolTimeoutError):
        return "The connection pool is exhausted"
    if isinstance(_cause(error), TargetServerAttributeNotMatched):
        return ROLE
    if _is_outdated(error):
        return CHANGED
    state = sqlstate(error)
    for beginning, reason in UNAVAILABLE.items():
        if state.startswith(beginning):
            return reason
    if isinstance(error, OSError) and _came_from_the_driver(error):
        late = isinstance(error, TimeoutError)
        return LATE if late else "The connection failed"
    return BROKEN if _broke(error) else None


def is_lost(error: BaseException) -> bool:
    """Return whether all connections to the server are lost."""
    return sqlstate(error).startswith(LOST)


def may_be_outdated(error: BaseException) -> bool:
    """Return whether a statement may succeed once it is prepared again."""
    return isinstance(_cause(error), PERHAPS_OUTDATED)


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's code of an error from SQLAlchemy or the driver."""
    if isinstance(error, DBAPIError):
        return getattr(error.orig, "sqlstate", None) or ""
    return error.sqlstate or "" if isinstance(error, PostgresError) else ""


def _is_outdated(error: Exception) -> bool:
    cause = _cause(error)
    gone = isinstance(cause, InternalServerError) and TYPE_IS_GONE in str(cause)
    return gone or isinstance(cause, OUTDATED)


def _cause(error: BaseException) -> BaseException | None:
    """Return the driver's error behind one of SQLAlchemy."""
    adapted = error.orig if isinstance(error, DBAPIError) else error
    return adapted.__cause__ if adapted else None


def _broke(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    # The driver raises the same class for misuse.
    return isinstance(error, InterfaceError) and "connection is closed" in str(error)


def _came_from_the_driver(error: OSError) -> bool:
    """Return whether the database driver raised it, not a file or another client."""
    modules = (f.f_globals["__name__"] for f, _ in walk_tb(error.__traceback__))
    return any(name.startswith(("asyncpg.", "sqlalchemy.")) for name in modules)
