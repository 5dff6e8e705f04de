"""Tests of the progress display of a step."""

import io
import re

from rich.console import Console

from mkbackend.screen import Screen


def shown_by_a_step(terminal: bool) -> str:
    """Return the output of a step on a console."""
    screen = Screen()
    screen.console = Console(file=io.StringIO(), force_terminal=terminal, width=80, legacy_windows=False)
    with screen.step("Install [the] dependencies"):
        pass
    assert isinstance(screen.console.file, io.StringIO)
    return screen.console.file.getvalue()


def test_a_terminal_shows_the_step_and_its_elapsed_time_while_it_runs() -> None:
    assert re.search(r"Install \[the\] dependencies.*0:00:0\d.*✓", shown_by_a_step(terminal=True), re.DOTALL)


def test_without_a_terminal_a_finished_step_is_one_line() -> None:
    assert re.fullmatch(r"✓ Install \[the\] dependencies \d+\.\d s\n", shown_by_a_step(terminal=False))
