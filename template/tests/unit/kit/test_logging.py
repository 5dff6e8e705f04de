"""Log lines, as text and as JSON."""

import asyncio
import json
import logging

import pytest
from loguru import logger
from sqlalchemy import QueuePool

from app.core.logging import setup_logging
from tests.conftest import MakeSettings


def test_a_json_line_has_the_fields_and_the_request_id(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    with logger.contextualize(request_id="abc"):
        logger.info("Sold {count} books", count=3)
    line = json.loads(capsys.readouterr().out)
    assert line["message"] == "Sold 3 books"
    assert (line["level"], line["request_id"], line["count"]) == ("INFO", "abc", 3)


@pytest.mark.parametrize("value", ["half of a pair: \ud800", b"\xff", {1: object}])
def test_a_json_line_has_whatever_is_logged(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str], value: object
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    logger.info("Sold", value=value)
    printed = capsys.readouterr().out
    assert json.loads(printed)["value"]
    assert printed.isascii()


def test_a_text_line_has_the_request_id(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(make_settings(LOG_FORMAT="text"))
    logger.info("outside")
    with logger.contextualize(request_id="abc"):
        logger.info("inside")
    outside, inside = capsys.readouterr().out.splitlines()
    assert "| - | outside" in outside
    assert "| abc | inside" in inside


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_traceback_is_logged_without_the_values_of_variables(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    setup_logging(make_settings(LOG_FORMAT=log_format))
    password = "hunter" + "2"
    try:
        raise ValueError(len(password))
    except ValueError:
        logger.exception("failed")
    printed = capsys.readouterr().out
    assert "ValueError: 7" in printed
    assert "hunter2" not in printed


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_row_values_in_database_errors_are_removed(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    setup_logging(make_settings(LOG_FORMAT=log_format))
    text = "duplicate key\nDETAIL:  Key (name)=(Ada\n\nByron) exists.\n[SQL: INSERT]"
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise RuntimeError("invalid input for query argument $1: 'Ada'") from error
    except RuntimeError as error:
        logger.exception("failed ({!r}): {}", error.__cause__, error)
    logging.getLogger("library").error("it said %s", text)
    printed = capsys.readouterr().out
    assert printed.count("duplicate key") == 3
    assert printed.count("[SQL: INSERT]") == 3
    assert "direct cause" in printed
    assert "Ada" not in printed
    assert "Byron" not in printed


def test_lines_below_the_level_are_dropped(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(make_settings(LOG_LEVEL="WARNING"))
    logger.info("too low")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["uvicorn.error", "some.library"])
def test_records_of_standard_logging_are_logged(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    logging.getLogger(name).warning("old %s", "way")
    line = json.loads(capsys.readouterr().out)
    assert (line["message"], line["level"]) == ("old way", "WARNING")
    assert line["logger"].startswith("tests.unit.kit.test_logging")


class Broken:
    """A connection that cannot be closed."""

    def close(self) -> None:
        raise RuntimeError("another operation is in progress")

    def rollback(self) -> None: ...


def test_a_connection_that_breaks_while_it_is_terminated_is_no_error(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    pool = QueuePool(Broken)  # type: ignore[arg-type]  # it needs no more of a driver
    pool.connect().invalidate()
    assert capsys.readouterr().out == ""
    pool.connect().close()
    pool.dispose()
    assert "Exception closing connection" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (ConnectionError("unexpected connection_lost() call"), []),
        (ConnectionError("another server"), ["ERROR"]),
        (ValueError("a mistake"), ["ERROR"]),
    ],
)
async def test_an_unretrieved_connection_error_is_not_logged(
    make_settings: MakeSettings,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    level: list[str],
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    dropped = asyncio.get_running_loop().create_future()
    dropped.set_exception(error)
    del dropped
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    assert [line["level"] for line in lines] == level


def test_a_level_that_loguru_does_not_know_is_logged(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(make_settings(LOG_FORMAT="json"))
    logging.getLogger("library").log(35, "between")
    assert json.loads(capsys.readouterr().out)["level"] == "Level 35"
