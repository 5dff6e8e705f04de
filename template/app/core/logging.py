"""Logging with Loguru, as text for people or as JSON for machines.

It also takes the records of the standard library, such as uvicorn's.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from loguru import logger
from pydantic_core import to_json

from app.core.config import Settings

if TYPE_CHECKING:
    from loguru import Message, Record

TEXT = (
    "<green>{time:YYYY-MM-DD HH:mm:ss.SSS}</green> | <level>{level: <8}</level> | "
    "<cyan>{name}:{line}</cyan> | {ids} | <level>{message}</level>\n{traceback}"
)
# The part of an error's text that quotes the values of a row. They may span several
# lines, which a repr() joins.
QUOTED = re.compile(
    r"(DETAIL: |query argument \$\d+:).*?"
    r"(?=(?:\n|\\n)(?:\[SQL: |HINT: |\nThe above |\nDuring )|\Z)",
    re.DOTALL,
)


def setup_logging(settings: Settings, more_ids: Sequence[str] = ()) -> None:
    """Send every record to standard output, in the format of LOG_FORMAT.

    Tracebacks never show the values of variables, which may be secrets. Each line has
    the request id, and the ids that `more_ids` names.
    """
    logger.remove()
    ids = ("request_id", *more_ids)
    logger.configure(extra=dict.fromkeys(ids, "-"))
    if settings.LOG_FORMAT == "json":
        # Unformatted: Loguru would compose a text that nobody reads.
        logger.add(
            _write_json,
            level=settings.LOG_LEVEL,
            format=lambda _: "",
            diagnose=False,
        )
    else:
        text = partial(_text, ids)
        logger.add(sys.stdout, level=settings.LOG_LEVEL, format=text, diagnose=False)
    # Not lower: debug output of libraries drowns the rest.
    handler = StandardLibraryHandler()
    handler.addFilter(without_lost_connections)
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # It counts changed files; the reloader names them.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        uvicorn_logger = logging.getLogger(name)
        uvicorn_logger.handlers = []
        uvicorn_logger.propagate = name != "uvicorn.access"


def without_lost_connections(record: logging.LogRecord) -> bool:
    """Filter out errors about database connections that are lost anyway.

    asyncpg leaves a future that nobody awaits, and SQLAlchemy logs that a connection
    broke while it was terminated. The connection's user got the error.
    """
    if record.name.startswith("sqlalchemy.pool"):
        return not str(record.msg).startswith("Exception terminating connection")
    error = record.exc_info[1] if record.exc_info else None
    lost = isinstance(error, ConnectionError) and "connection_lost()" in str(error)
    return not lost


class StandardLibraryHandler(logging.Handler):
    """Handler that passes standard library records to Loguru, with their caller."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass the record on, with its level and its exception."""
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        logger.opt(depth=_depth_of_caller(), exception=record.exc_info).log(
            level, "{}", record.getMessage()
        )


def _depth_of_caller() -> int:
    """Count the frames up to the first one outside of logging."""
    frame: FrameType | None = sys._getframe(2)
    depth = 1
    while frame and frame.f_code.co_filename in (logging.__file__, __file__):
        frame = frame.f_back
        depth += 1
    return depth


def without_values(text: str) -> str:
    """Remove the values of rows that PostgreSQL and its driver quote.

    Example: `DETAIL:  Key (lower(email))=(ada@example.com) already exists.`
    """
    return QUOTED.sub(r"\1 ...", text)


def _traceback(record: "Record") -> str:
    """Return the traceback as Python prints it; Loguru's own cannot be filtered."""
    if not (error := record["exception"]):
        return ""
    lines = traceback.format_exception(error.type, error.value, error.traceback)
    return without_values("".join(lines))


def _text(ids: Sequence[str], record: "Record") -> str:
    """Add the fields of TEXT that Loguru does not have."""
    fields: Any = record
    fields["message"] = without_values(record["message"])
    fields["ids"] = " | ".join(str(record["extra"].get(name, "-")) for name in ids)
    fields["traceback"] = _traceback(record)
    return TEXT


def _write_json(message: "Message") -> None:
    record = message.record
    line = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "message": without_values(record["message"]),
        "logger": f"{record['name']}:{record['line']}",
        **record["extra"],
    }
    if text := _traceback(record):
        line["exception"] = text
    sys.stdout.write(_encoded(line) + "\n")
    # Otherwise lines to a pipe or a file would wait until the buffer is full.
    sys.stdout.flush()


def _encoded(line: dict[str, object]) -> str:
    """Encode a line. The library's encoder is fast, but refuses what is no Unicode."""
    try:
        return to_json(line, ensure_ascii=True, fallback=str).decode()
    except ValueError:  # half of a surrogate pair, or bytes
        return json.dumps(line, default=str)
