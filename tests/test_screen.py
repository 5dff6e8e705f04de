"""The screen: what a terminal shows while a step runs."""

import io
import re

from rich.console import Console

from mkbackend.screen import Screen


def shown_by_a_step(terminal: bool) -> str:
    """Return all that a step writes to a console."""
    screen = Screen()
    screen.console = Console(file=io.StringIO(), force_terminal=terminal, width=80, legacy_windows=False)
    with screen.step("Install [the] dependencies"):
        pass
    assert isinstance(screen.console.file, io.StringIO)
    return screen.console.file.getvalue()


def test_a_terminal_shows_the_step_and_its_elapsed_time_while_it_runs() -> None:
    assert re.search(r"Install \[the\] dependencies.*0:00:0\d.*✓", shown_by_a_step(terminal=True), re.DOTALL)


def test_elsewhere_a_step_is_one_line_when_it_is_done() -> None:
    assert re.fullmatch(r"✓ Install \[the\] dependencies \d+\.\d s\n", shown_by_a_step(terminal=False))
