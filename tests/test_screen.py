"""Tests of the progress of a step, and of columns."""

import io
import re

import pytest
from rich.console import Console

from mkbackend.screen import Screen


def shown_by_a_step(terminal: bool, width: int = 80, name: str = "Install [the] dependencies") -> str:
    """Return the output of a step on a console."""
    screen = Screen()
    screen.console = Console(file=io.StringIO(), force_terminal=terminal, width=width, legacy_windows=False)
    with screen.step(name):
        screen.detail(f"{'tests/integration/test_reading.py ' + '.' * 40:<74} [ 40%]")
    assert isinstance(screen.console.file, io.StringIO)
    return screen.console.file.getvalue()


def test_a_terminal_shows_the_step_and_its_elapsed_time_while_it_runs() -> None:
    assert re.search(r"Install \[the\] dependencies.*0:00:0\d.*✓", shown_by_a_step(terminal=True), re.DOTALL)


@pytest.mark.parametrize("name", ["svc{a}", "{", "{task.id}", "a[/]b"])
def test_a_terminal_shows_a_name_with_braces_as_it_is(name: str) -> None:
    assert re.search(rf"{re.escape(name)} \S*0:00:0\d", shown_by_a_step(terminal=True, name=name))


def test_without_a_terminal_a_finished_step_is_one_line() -> None:
    assert re.fullmatch(r"✓ Install \[the\] dependencies \d+\.\d s\n", shown_by_a_step(terminal=False))


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_terminal_shows_the_end_of_a_programs_line_beside_the_clock(width: int) -> None:
    shown = shown_by_a_step(terminal=True, width=width)
    assert re.search(r"Install \[the\] dependencies \S*0:00:0\d.* \[ 40%\]", shown)


def columns(width: int, terminal: bool) -> list[str]:
    """Return two printed rows."""
    screen = Screen()
    screen.console = Console(file=io.StringIO(), force_terminal=terminal, width=width, legacy_windows=False)
    screen.rows([("GET", "/articles/{article_id}", "anyone"), ("DELETE", "/articles", "signed-in users")])
    assert isinstance(screen.console.file, io.StringIO)
    return [line.rstrip() for line in screen.console.file.getvalue().splitlines()]


def test_columns_are_aligned() -> None:
    rows = ["  GET     /articles/{article_id}  anyone", "  DELETE  /articles               signed-in users"]
    assert columns(80, terminal=True) == rows
    assert columns(20, terminal=False) == rows  # for programs, which do not wrap


def test_a_narrow_terminal_wraps_cells_and_loses_nothing() -> None:
    lines = columns(36, terminal=True)
    assert max(map(len, lines)) <= 36
    assert "".join("".join(lines).split()).count("_id}") == 1
