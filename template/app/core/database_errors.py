"""What an error of the database means."""

from collections.abc import Mapping
from traceback import walk_tb
from typing import NoReturn

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.exceptions import ConflictException

# Where a session keeps which constraint gets which message (`session.info`).
CONFLICTS = "conflicts"

LATE = "It gave no answer in time"
# By the beginning of SQLSTATE (PostgreSQL's appendix A): it was not the request.
UNAVAILABLE = {
    "57014": LATE,  # a statement was cancelled
    "55P03": "A lock was not to be had in time",
    "40": "The request collided with another",  # deadlock, serialization
    "53": "It has no room for more",  # connections, memory, disk
    "57": "It is starting or stopping",
    "28": "It refuses the login",
    "3D": "It does not know the database",
    "08": "The connection broke",
    "25P03": "The connection broke",  # idle for too long within a transaction
}


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


def why_unavailable(error: Exception) -> str | None:
    """Say why the database does not serve; None where the error is another kind."""
    if isinstance(error, PoolTimeoutError):
        return "All connections are in use"
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        for beginning, reason in UNAVAILABLE.items():
            if state.startswith(beginning):
                return reason
        return "The connection broke" if error.connection_invalidated else None
    if isinstance(error, OSError) and _came_from_the_driver(error):
        late = isinstance(error, TimeoutError)
        return LATE if late else "It refuses connections"
    return None


def _came_from_the_driver(error: OSError) -> bool:
    """Tell the network's errors from those of files and of other servers."""
    modules = (f.f_globals["__name__"] for f, _ in walk_tb(error.__traceback__))
    return any(name.startswith("sqlalchemy.") for name in modules)
