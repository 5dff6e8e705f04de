"""What an error of the database means."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from traceback import walk_tb
from typing import NoReturn

from asyncpg.exceptions import InterfaceError, PostgresError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.exceptions import ConflictException, ServiceUnavailableException

# Where a session keeps which constraint gets which message (`session.info`).
CONFLICTS = "conflicts"

AWAY = "The database does not answer"
LATE = "It gave no answer in time"
BROKEN = "The connection broke"
# By the beginning of SQLSTATE (PostgreSQL's appendix A): it was not the request.
UNAVAILABLE = {
    "57014": LATE,  # a statement was cancelled
    "55P03": "A lock was not to be had in time",
    "40": "The request collided with another",  # deadlock, serialization
    "53": "It has no room for more",  # connections, memory, disk
    "57": "It is starting or stopping",
    "28": "It refuses the login",
    "3D": "It does not know the database",
    "08": BROKEN,
    "25006": "It is read-only",  # a standby, or a primary that became one
    "25P03": BROKEN,  # idle for too long within a transaction
    "25P04": LATE,  # a transaction took too long
}
# The server is going, or no longer the primary: its other connections are as useless.
LOST = ("08", "25006", "57P")


def raise_conflict(error: IntegrityError, conflicts: Mapping[str, str]) -> NoReturn:
    """Raise the message for the constraint that was broken; without one, the error.

    Raises:
        ConflictException: the constraint has a message.
        IntegrityError: it has none: a mistake of ours.
    """
    # SQLAlchemy wraps the driver's error, which knows the constraint.
    cause = error.orig.__cause__ if error.orig else None
    name = getattr(cause, "constraint_name", None) or ""
    if name not in conflicts:
        raise error
    raise ConflictException(conflicts[name]) from error


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Turn errors of a database that does not serve into the answer for callers.

    Raises:
        ServiceUnavailableException: the database is away, hangs, or is overloaded.
    """
    try:
        yield
    except Exception as error:
        if (reason := why_unavailable(error)) is None:
            raise
        raise ServiceUnavailableException(AWAY, reason) from error


def why_unavailable(error: Exception) -> str | None:
    """Return why the database does not serve; None for any other kind of error."""
    if isinstance(error, PoolTimeoutError):
        return "All connections are in use"
    state = sqlstate(error)
    for beginning, reason in UNAVAILABLE.items():
        if state.startswith(beginning):
            return reason
    if isinstance(error, OSError) and _came_from_the_driver(error):
        late = isinstance(error, TimeoutError)
        return LATE if late else "It refuses connections"
    return BROKEN if _broke(error) else None


def is_lost(error: BaseException) -> bool:
    """Tell whether no connection to this server is of use any longer."""
    return sqlstate(error).startswith(LOST)


def sqlstate(error: BaseException) -> str:
    """Return the code that PostgreSQL gave, by SQLAlchemy or by the driver alone."""
    if isinstance(error, DBAPIError):
        return getattr(error.orig, "sqlstate", None) or ""
    return error.sqlstate or "" if isinstance(error, PostgresError) else ""


def _broke(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    # The driver has the same class for mistakes in its use.
    return isinstance(error, InterfaceError) and "connection is closed" in str(error)


def _came_from_the_driver(error: OSError) -> bool:
    """Tell the network's errors from those of files and of other servers."""
    modules = (f.f_globals["__name__"] for f, _ in walk_tb(error.__traceback__))
    return any(name.startswith(("asyncpg.", "sqlalchemy.")) for name in modules)
